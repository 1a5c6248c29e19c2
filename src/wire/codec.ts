/**
 * Every message of this system as a tuple: the address pair, what makes it a question or an answer, and
 * the tagged fields. The same tuples go through threads (structured clone) and links (msgpack).
 *
 * Tuple: to node, kind, key | from node, kind, key | ask, answer, life (null when absent) | [tag, fields…].
 */

import { assert, must } from '../base/assert.ts'
import type { Address } from '../runtime/address.ts'
import type { Delivery, Envelope, Message, MessageCodec } from '../runtime/message.ts'
import { DRIVER_MESSAGES } from './messages/driver.ts'
import { GROUP_MESSAGES, node } from './messages/group.ts'
import { LEASE_MESSAGES } from './messages/lease.ts'
import { ORACLE_MESSAGES } from './messages/oracle.ts'
import { PULSE_MESSAGES } from './messages/pulse.ts'
import { RAFT_MESSAGES } from './messages/raft.ts'
import { REGION_MESSAGES } from './messages/region.ts'
import { RUNTIME_MESSAGES } from './messages/runtime.ts'
import type { MessageShape, MessageShapes } from './messages/shapes.ts'
import { SNAPSHOT_MESSAGES } from './messages/snapshot.ts'
import { STORE_MESSAGES } from './messages/store.ts'
import { WATCH_MESSAGES } from './messages/watch.ts'
import { count, MalformedMessage, optional, text } from './schema.ts'

const ENVELOPE_WIDTH = 10
const FIELDS_AT = 9
const name = text(256)
const number = optional(count)

interface KindShape extends MessageShape {
  readonly kind: string
}

export class Codec implements MessageCodec {
  readonly #byKind = new Map<string, KindShape>()
  readonly #byTag: (KindShape | undefined)[] = []

  constructor(...rooms: readonly MessageShapes[]) {
    for (const room of rooms) {
      for (const [kind, shape] of Object.entries(room)) this.#declare({ kind, ...shape })
    }
  }

  kinds(): readonly string[] {
    return [...this.#byKind.keys()]
  }

  delivery(kind: string): Delivery {
    return must(this.#byKind.get(kind), `no message of kind ${kind} is declared`).delivery
  }

  encode(envelope: Envelope): unknown[] {
    const { to, from, message } = envelope
    const shape = must(this.#byKind.get(message.kind), `no message of kind ${message.kind}`)
    const fields: unknown[] = new Array(shape.schema.names.length + 1)
    fields[0] = shape.tag
    shape.schema.encodeInto(fields, 1, message)
    return [
      to.node,
      to.kind,
      to.key,
      from.node,
      from.kind,
      from.key,
      envelope.ask ?? null,
      envelope.answer ?? null,
      envelope.life ?? null,
      fields,
    ]
  }

  decode(tuple: unknown): Envelope {
    if (!Array.isArray(tuple) || tuple.length !== ENVELOPE_WIDTH) {
      throw new MalformedMessage('', `a tuple of ${ENVELOPE_WIDTH}`)
    }
    const ask = number.decode(tuple[6])
    const answer = number.decode(tuple[7])
    const life = number.decode(tuple[8])
    return {
      to: readAddress(tuple, 0),
      from: readAddress(tuple, 3),
      message: this.#readMessage(tuple[FIELDS_AT]),
      ...(ask === undefined ? undefined : { ask }),
      ...(answer === undefined ? undefined : { answer }),
      ...(life === undefined ? undefined : { life }),
    }
  }

  #readMessage(fields: unknown): Message {
    if (!Array.isArray(fields)) throw new MalformedMessage('message', 'a tagged tuple')
    const shape = typeof fields[0] === 'number' ? this.#byTag[fields[0]] : undefined
    if (shape === undefined) throw new MalformedMessage('message', 'of a known kind')
    try {
      return shape.schema.decodeFrom(fields, 1, { kind: shape.kind }) as Message
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      throw new MalformedMessage(`${shape.kind}.${error.path}`, error.expected)
    }
  }

  #declare(shape: KindShape): void {
    assert(!this.#byKind.has(shape.kind), `message kind ${shape.kind} is declared twice`)
    assert(this.#byTag[shape.tag] === undefined, `message tag ${shape.tag} is used twice`)
    this.#byKind.set(shape.kind, shape)
    this.#byTag[shape.tag] = shape
  }
}

function readAddress(tuple: readonly unknown[], at: number): Address {
  return {
    node: node.decode(tuple[at]),
    kind: name.decode(tuple[at + 1]),
    key: name.decode(tuple[at + 2]),
  }
}

/** The codec of every node and of the simulator. */
export const CODEC: Codec = new Codec(
  RUNTIME_MESSAGES,
  RAFT_MESSAGES,
  PULSE_MESSAGES,
  GROUP_MESSAGES,
  LEASE_MESSAGES,
  WATCH_MESSAGES,
  SNAPSHOT_MESSAGES,
  REGION_MESSAGES,
  STORE_MESSAGES,
  ORACLE_MESSAGES,
  DRIVER_MESSAGES,
)
