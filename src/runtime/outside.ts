/**
 * How code that is not an actor reaches actors: doors, admin, tests, the simulator's clients. It
 * belongs to one shard and must be used on that shard's thread. Addresses have the kind `outside` and
 * a key `<shard>.<number>`, unique to this run of the shard.
 *
 * Nothing is held for an outsider: it writes nothing. What actors send to it is held like all that
 * leaves a shard.
 */

import type { AskOutcome } from './actor.ts'
import type { Address } from './address.ts'
import type { Message } from './message.ts'

export type Receive = (message: Message, from: Address) => void

/** An outsider's own address: messages sent to it reach `receive` until it is closed. */
export interface OutsidePort {
  readonly address: Address
  send(to: Address, message: Message): void
  close(): void
}

/** What a shard offers to its outsiders; `Outside` is the comfortable face of it. */
export interface OutsideGate {
  ask(to: Address, message: Message, timeoutMs: number, done: (outcome: AskOutcome) => void): void
  open(receive: Receive): OutsidePort
  /** Monotonic milliseconds. */
  nowMs(): number
  /** Counts as a question: a shard holds so many of both. */
  later(afterMs: number, call: () => void): boolean
}

export class Outside {
  readonly #gate: OutsideGate

  constructor(gate: OutsideGate) {
    this.#gate = gate
  }

  /** Resolves exactly once, after `timeoutMs` at the latest; never rejects. */
  ask(to: Address, message: Message, timeoutMs: number): Promise<AskOutcome> {
    return new Promise((resolve) => this.#gate.ask(to, message, timeoutMs, resolve))
  }

  /** The same with a callback, which runs on the shard's own turns: for virtual time. */
  askThen(
    to: Address,
    message: Message,
    timeoutMs: number,
    done: (outcome: AskOutcome) => void,
  ): void {
    this.#gate.ask(to, message, timeoutMs, done)
  }

  /** Takes messages at an address of its own. `receive` must not throw. */
  open(receive: Receive): OutsidePort {
    return this.#gate.open(receive)
  }

  /** Monotonic milliseconds of the shard's clock. */
  nowMs(): number {
    return this.#gate.nowMs()
  }

  /** Calls once, after so long. False: never, because the shard stops or holds too many questions. */
  later(afterMs: number, call: () => void): boolean {
    return this.#gate.later(afterMs, call)
  }
}
