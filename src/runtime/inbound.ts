/**
 * What arrives for this shard: an answer closes its question, a message goes into a mailbox or to an
 * outsider, and what finds no taker is a dead letter whose asker is told at once.
 */

import { assert } from '../base/assert.ts'
import type { AskOutcome, Input } from './actor.ts'
import type { Address } from './address.ts'
import type { Ask, Asks } from './asks.ts'
import type { Cell } from './cell.ts'
import type { DeadLetters, DeadReason } from './dead-letters.ts'
import { deepFreeze } from './freeze.ts'
import type { Gate } from './gate.ts'
import type { Letter } from './mailbox.ts'
import type { Envelope, MessageCodec, Refused } from './message.ts'
import { OUTSIDE } from './placement.ts'
import { weigh } from './weight.ts'

/** Who asked: an actor, or an outsider's callback. */
export type Asker = Cell | ((outcome: AskOutcome) => void)

/** How messages pass between actors of one shard: `encode` and `freeze` are for tests and the simulator. */
export type LocalMode = 'plain' | 'freeze' | 'encode'

export interface InboundParts {
  readonly codec: MessageCodec
  readonly local: LocalMode
  readonly asks: Asks<Asker>
  readonly gate: Gate
  readonly deadLetters: DeadLetters
  find(at: Address): Cell | undefined
  /** The cell has something to do. */
  ready(cell: Cell): void
  /** Sends an envelope on its way, wherever it goes. */
  route(envelope: Envelope): void
  nowMs(): number
}

const REFUSALS: Readonly<Partial<Record<DeadReason, Refused['reason']>>> = {
  overloaded: 'overloaded',
  'no-actor': 'unreachable',
  unreachable: 'unreachable',
  stopped: 'unreachable',
}

export class Inbound {
  readonly #parts: InboundParts

  constructor(parts: InboundParts) {
    this.#parts = parts
  }

  /** From an actor or outsider of this very shard. */
  deliverLocal(envelope: Envelope): void {
    const { local, codec } = this.#parts
    if (local === 'encode') {
      this.deliver(codec.decode(codec.encode(envelope)))
      return
    }
    if (local === 'freeze') deepFreeze(envelope.message)
    this.deliver(envelope)
  }

  deliver(envelope: Envelope): void {
    if (envelope.answer !== undefined) {
      this.#answer(envelope)
      return
    }
    if (envelope.to.kind === OUTSIDE) {
      if (!this.#parts.gate.receive(envelope)) this.refuse(envelope, 'no-actor')
      return
    }
    const cell = this.#parts.find(envelope.to)
    if (cell === undefined) {
      this.refuse(envelope, 'no-actor')
      return
    }
    if (!cell.takesMessages) {
      this.refuse(envelope, cell.state === 'failed' ? 'failed' : 'stopped')
      return
    }
    this.#offer(cell, envelope)
  }

  /** A dead letter; whoever asked by it is told that it was not handled. */
  refuse(envelope: Envelope, reason: DeadReason): void {
    const { to, from, message, ask, life } = envelope
    this.#parts.deadLetters.add({ reason, kind: message.kind, to, from, atMs: this.#parts.nowMs() })
    if (ask === undefined || life === undefined) return
    const refused: Refused = { kind: 'refused', reason: REFUSALS[reason] ?? 'failed' }
    this.#parts.route({ to: from, from: to, message: refused, answer: ask, life })
  }

  /** The same for a letter that lay in a mailbox already. */
  refuseLetter(to: Address, letter: Letter, reason: DeadReason): void {
    if (letter.input.type !== 'message') return
    const { message, from, question } = letter.input
    this.refuse(
      question === undefined
        ? { to, from, message }
        : { to, from, message, ask: question.ask, life: question.life },
      reason,
    )
  }

  /** Tells the asker; the question is closed already. */
  conclude(ask: Ask<Asker>, outcome: AskOutcome): void {
    const { asker } = ask
    if (typeof asker === 'function') {
      asker(outcome)
      return
    }
    asker.openAsks--
    assert(asker.alive && asker.life === ask.life, 'questions end with the life that asked them')
    asker.mailbox.reserve({ type: 'answer', tag: ask.tag, outcome })
    this.#parts.ready(asker)
  }

  #answer(envelope: Envelope): void {
    const { message, from } = envelope
    const ask = this.#parts.asks.close(envelope.answer as number, envelope.life)
    if (ask === undefined) {
      this.refuse(envelope, 'stale-answer')
      return
    }
    if (message.kind !== 'refused') {
      this.conclude(ask, { ok: true, message, from })
      return
    }
    this.conclude(ask, { ok: false, reason: (message as Refused).reason })
  }

  #offer(cell: Cell, envelope: Envelope): void {
    const { message } = envelope
    const { lane, refusal } = this.#parts.codec.delivery(message.kind)
    if (cell.mailbox.offer(lane, inputOf(envelope), weigh(message)) === undefined) {
      cell.counters.depth(cell.mailbox.size)
    } else {
      this.refuse(envelope, 'overloaded')
      // Behind all that is queued in its lane: when the actor comes to it, there is room again.
      if (refusal !== 'pull' || cell.missed.has(message.kind)) return
      cell.missed.add(message.kind)
      cell.mailbox.reserve({ type: 'missed', kind: message.kind }, undefined, lane)
    }
    this.#parts.ready(cell)
  }
}

function inputOf(envelope: Envelope): Input {
  const { message, from, ask, life } = envelope
  if (ask === undefined) return { type: 'message', message, from }
  return { type: 'message', message, from, question: { from, ask, life: life ?? 0 } }
}
