/**
 * The bytes of a log entry: who asked (24 bytes) and the command. Made once, at the door's node; the
 * log, the links and every follower carry the same bytes.
 *
 * The version byte lets a later release read logs of this one. Bytes that do not decode are a bug or a
 * broken disk: the caller treats `MalformedMessage` as fatal, never as an empty command.
 */

import { Packr } from 'msgpackr'
import { type Bytes, getUint64, putUint64 } from '../base/bytes.ts'
import type { NodeName, PeerId } from '../base/ids.ts'
import { Slab } from '../base/slab.ts'
import type { Command, PutRequest } from '../core/kv/types.ts'
import { node } from './messages/group.ts'
import { command as shape } from './messages/kv.ts'
import { peer } from './messages/raft.ts'
import { putBytes, readPut, writePut } from './put-command.ts'
import { MalformedMessage, type Schema, struct, text } from './schema.ts'

const VERSION = 1
/** A put, in the layout of its own. */
const PUT = 2
/** Stands in a command's place where an entry announces a member. */
const NOTE = 0xff
export const ORIGIN_BYTES = 24

/** Which request of which life of which member's actor an entry came from: its answer waits there. */
export interface Origin {
  readonly peer: number
  readonly life: number
  readonly sequence: number
}

const noteShape: Schema<MemberNote> = struct({ peer, node, incarnation: text(64) })

/** Commands live until they are entries, entries as long as the log's tail is in memory. */
const commands = new Slab()
const entries = new Slab()
const packr = new Packr({ useRecords: false, int64AsType: 'bigint' })

export function encodeCommand(command: Command): Bytes {
  if (command.op === 'put') return encodePut(command.request)
  const packed = packr.pack(shape.encode(command))
  const whole = commands.take(packed.byteLength + 1)
  whole[0] = VERSION
  whole.set(packed, 1)
  return whole
}

/** From position `at` on. Its keys and values are views of `bytes`, which must not change afterwards. */
export function decodeCommand(bytes: Bytes, at = 0): Command {
  if (bytes[at] === PUT) return { op: 'put', request: readPut(bytes, at + 1) }
  if (bytes[at] !== VERSION) throw new MalformedMessage('version', `${VERSION}, not ${bytes[at]}`)
  return shape.decode(unpacked(bytes.subarray(at + 1)))
}

function encodePut(request: PutRequest): Bytes {
  const whole = commands.take(1 + putBytes(request))
  whole[0] = PUT
  writePut(whole, 1, request)
  return whole
}

function unpacked(bytes: Bytes): unknown {
  try {
    return packr.unpack(bytes)
  } catch {
    throw new MalformedMessage('', 'msgpack')
  }
}

/** The data of a log entry. */
export function entryData(origin: Origin, command: Bytes): Bytes {
  const data = entries.take(ORIGIN_BYTES + command.byteLength)
  putUint64(data, 0, origin.peer)
  putUint64(data, 8, origin.life)
  putUint64(data, 16, origin.sequence)
  data.set(command, ORIGIN_BYTES)
  return data
}

export function originOf(data: Bytes): Origin {
  if (data.byteLength < ORIGIN_BYTES) throw new MalformedMessage('origin', `${ORIGIN_BYTES} bytes`)
  return { peer: getUint64(data, 0), life: getUint64(data, 8), sequence: getUint64(data, 16) }
}

/** The command inside an entry's data. */
export const commandOf = (data: Bytes): Command => decodeCommand(data, ORIGIN_BYTES)

/** A member announced through the log, before the configuration names it. */
export interface MemberNote {
  readonly peer: PeerId
  readonly node: NodeName
  readonly incarnation: string
}

/** The data of an entry that announces a member instead of carrying a command. */
export function noteData(note: MemberNote): Bytes {
  const packed = packr.pack(noteShape.encode(note))
  const data = new Uint8Array(ORIGIN_BYTES + 1 + packed.byteLength)
  data[ORIGIN_BYTES] = NOTE
  data.set(packed, ORIGIN_BYTES + 1)
  return data
}

/** Undefined when the entry carries a command. */
export function noteOf(data: Bytes): MemberNote | undefined {
  if (data[ORIGIN_BYTES] !== NOTE) return undefined
  return noteShape.decode(unpacked(data.subarray(ORIGIN_BYTES + 1)))
}
