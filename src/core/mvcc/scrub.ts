/**
 * Drops the versions that a compaction superseded, in small steps. A pass goes once over all keys with a
 * fixed floor; where it is is not kept across restarts: a pass begun anew finds less to do.
 */

import type { KeyIndex } from './key-index.ts'
import { successor } from './key-span.ts'
import type { KeyText } from './key-text.ts'
import type { RevisionId } from './revision.ts'

/** So many keys may be looked at for each version that may be dropped in a step. */
const LOOKS_PER_ROW = 10

export class Scrub {
  readonly floor: number
  readonly #index: KeyIndex
  #next: KeyText = ''
  #done = false

  constructor(index: KeyIndex, floor: number) {
    this.#index = index
    this.floor = floor
  }

  get done(): boolean {
    return this.#done
  }

  /** Names the versions dropped, at most `maxRows`. */
  step(maxRows: number): readonly RevisionId[] {
    const dropped: RevisionId[] = []
    const removed: KeyText[] = []
    let looks = maxRows * LOOKS_PER_ROW
    this.#done = this.#index.walk(this.#next, undefined, (key, history) => {
      if (looks-- <= 0 || dropped.length >= maxRows) {
        this.#next = key
        return false
      }
      const dead = history.deadAt(this.floor)
      const count = Math.min(dead, maxRows - dropped.length)
      for (let slot = 0; slot < count; slot++) {
        dropped.push({ main: history.mainAt(slot), sub: history.subAt(slot) })
      }
      if (count === history.slots) removed.push(key)
      else history.forget(count)
      this.#next = count < dead ? key : successor(key)
      return count === dead
    })
    for (const key of removed) this.#index.remove(key)
    return dropped
  }
}
