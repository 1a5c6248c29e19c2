/**
 * One stream's watchers and its outbox: what goes to the client, first in first out, at most `window`
 * responses under way. An entry may wait for values; those behind it wait too, for order is all.
 *
 * WATCH-I2: what is under way never exceeds the window. WATCH-I3: delivery is in the order of entry.
 */

import { assert } from '../../base/assert.ts'
import type { WatchResponse } from './types.ts'
import type { Watcher } from './watcher.ts'

/** What a place in the outbox will deliver; undefined until it is known. */
export interface OutboxEntry {
  responses: readonly WatchResponse[] | undefined
}

export class WatchStream {
  readonly id: number
  readonly watchers = new Map<number, Watcher>()
  /** Those that are owed something and wait for room here. */
  readonly blocked = new Set<Watcher>()
  readonly #window: number
  #outbox: OutboxEntry[] = []
  #underWay = 0
  #nextId = 0
  closed = false

  constructor(id: number, window: number) {
    assert(window > 0, 'a stream needs room for one response')
    this.id = id
    this.#window = window
  }

  /** True while another response of events may be entered. */
  get room(): boolean {
    return this.#outbox.length + this.#underWay < this.#window
  }

  /** The lowest id counted from 0 that was neither picked nor is in use. */
  pickId(): number {
    while (this.watchers.has(this.#nextId)) this.#nextId++
    return this.#nextId++
  }

  enter(responses: readonly WatchResponse[] | undefined): OutboxEntry {
    const entry: OutboxEntry = { responses }
    this.#outbox.push(entry)
    return entry
  }

  consumed(responses: number): void {
    assert(responses <= this.#underWay, 'more consumed than was under way')
    this.#underWay -= responses
  }

  /** Takes what may be delivered now. */
  flush(deliver: (response: WatchResponse) => void): void {
    let taken = 0
    while (this.#underWay < this.#window) {
      const entry = this.#outbox[taken]
      if (entry?.responses === undefined) break
      const [first, ...rest] = entry.responses
      entry.responses = rest
      if (rest.length === 0) taken++
      if (first === undefined) continue
      this.#underWay++
      deliver(first)
    }
    if (taken > 0) this.#outbox = this.#outbox.slice(taken)
  }

  /** Throws when an invariant above is broken. */
  audit(): void {
    assert(this.#underWay <= this.#window, 'WATCH-I2: more under way than the window allows')
    const head = this.#outbox[0]
    const stuck = head?.responses !== undefined && this.#underWay < this.#window
    assert(!stuck, 'WATCH-I3: a response that could leave was left lying')
  }
}
