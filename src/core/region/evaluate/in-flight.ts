/**
 * Timestamps of what is proposed and not applied yet. A reader at or above one of them must wait for it: it will be
 * visible to that reader once it is applied.
 *
 * IN-FLIGHT-I1: `#minima` are in flight, ascend, and the first is the lowest of all.
 */

import type { Timestamp } from '../types.ts'

export class InFlight {
  /** In the order of the log. */
  readonly #commits = new Map<number, Timestamp>()
  /** Those below which nothing came later. */
  #minima: (readonly [ticket: number, commit: Timestamp])[] = []

  add(ticket: number, commit: Timestamp): void {
    this.#commits.set(ticket, commit)
    this.#push(ticket, commit)
  }

  /** Applied in the order of the log, or not taken by the log. */
  remove(ticket: number): void {
    const [first] = this.#commits.keys()
    if (!this.#commits.delete(ticket)) return
    if (first === ticket) {
      if (this.#minima[0]?.[0] === ticket) this.#minima.shift()
      return
    }
    this.#minima = []
    for (const [other, commit] of this.#commits) this.#push(other, commit)
  }

  lowest(): Timestamp | undefined {
    return this.#minima[0]?.[1]
  }

  #push(ticket: number, commit: Timestamp): void {
    while ((this.#minima.at(-1)?.[1] ?? commit) > commit) this.#minima.pop()
    this.#minima.push([ticket, commit])
  }
}
