/** What could not be delivered: a bounded ring of the last ones, and counters by reason for ever. */

import type { Address } from './address.ts'

export type DeadReason =
  /** Nobody of that kind and key lives here. */
  | 'no-actor'
  | 'overloaded'
  /** The other node is not connected. */
  | 'unreachable'
  /** An answer to a question that is closed, or was asked by an older life. */
  | 'stale-answer'
  /** Sent by, or lying in the mailbox of, a life that has ended. */
  | 'older-life'
  /** The receiver threw while handling it. */
  | 'threw'
  | 'failed'
  | 'stopped'
  /** It does not fit its schema, or has none. */
  | 'malformed'

export interface DeadLetter {
  readonly reason: DeadReason
  readonly kind: string
  readonly to: Address
  readonly from: Address
  /** Monotonic milliseconds. */
  readonly atMs: number
}

export class DeadLetters {
  readonly #capacity: number
  readonly #ring: DeadLetter[] = []
  readonly #counts = new Map<DeadReason, number>()
  #next = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  add(letter: DeadLetter): void {
    this.#counts.set(letter.reason, (this.#counts.get(letter.reason) ?? 0) + 1)
    this.#ring[this.#next] = letter
    this.#next = (this.#next + 1) % this.#capacity
  }

  /** Oldest first. */
  recent(): readonly DeadLetter[] {
    if (this.#ring.length < this.#capacity) return this.#ring.slice()
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]
  }

  counts(): Readonly<Partial<Record<DeadReason, number>>> {
    return Object.fromEntries(this.#counts)
  }
}
