/**
 * Numbers that are never used twice. They are taken in blocks: the record on disk stands at the end of the
 * block, so most of them cost no write. What a driver that lost its lead had left of a block is lost.
 */

import { assert } from '../../base/assert.ts'
import type { Picture } from './picture.ts'

const BLOCK = 1000

export class Ids {
  readonly #picture: Picture
  #next: number

  /** Begins behind all that earlier drivers took. */
  constructor(picture: Picture) {
    this.#picture = picture
    this.#next = picture.ids.next
  }

  /** The first of so many in a row. Nobody may hear of them before what was put is on disk. */
  take(count: number): number {
    assert(count > 0, 'ids are taken to be used')
    const first = this.#next
    this.#next += count
    const { next } = this.#picture.ids
    if (this.#next > next) {
      this.#picture.put({ of: 'ids', now: { ...this.#picture.ids, next: this.#next + BLOCK } })
    }
    return first
  }

  takeNamespace(): number {
    const { nextNamespace } = this.#picture.ids
    this.#picture.put({
      of: 'ids',
      now: { ...this.#picture.ids, nextNamespace: nextNamespace + 1 },
    })
    return nextNamespace
  }
}
