/** What waits for the disk: in order, each until everything up to its waterline has landed. */

import { assert } from '../base/assert.ts'
import { Fifo } from './fifo.ts'

interface HeldItem<T> {
  readonly waterline: number
  readonly items: readonly T[]
}

export class Held<T> {
  readonly #queue = new Fifo<HeldItem<T>>()
  #lastWaterline = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  add(items: readonly T[], waterline: number): void {
    assert(waterline >= this.#lastWaterline, 'what is held later waits at least as long')
    this.#lastWaterline = waterline
    this.#size += items.length
    this.#queue.push({ waterline, items })
  }

  /** Gives all that waited for no more than this, in the order in which it was held. */
  release(landed: number, leave: (item: T) => void): void {
    for (let next = this.#queue.peek(); next; next = this.#queue.peek()) {
      if (next.waterline > landed) return
      this.#queue.shift()
      this.#size -= next.items.length
      for (const item of next.items) leave(item)
    }
  }
}
