/**
 * Things by the time they are due. One whose time moved later stays where it is and is put back when
 * it comes up: a renewal costs nothing here.
 */

import { assert } from '../../base/assert.ts'

export class DueHeap<T> {
  readonly #times: number[] = []
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  clear(): void {
    this.#times.length = 0
    this.#items.length = 0
  }

  push(time: number, item: T): void {
    let at = this.#items.length
    this.#times.push(time)
    this.#items.push(item)
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if ((this.#times[parent] as number) <= time) break
      this.#swap(at, parent)
      at = parent
    }
  }

  /** Takes the first whose recorded time has come; undefined when there is none. */
  pop(now: number): T | undefined {
    const first = this.#times[0]
    if (first === undefined || first > now) return undefined
    this.#swap(0, this.#items.length - 1)
    this.#times.pop()
    const item = this.#items.pop()
    this.#sink()
    return item
  }

  /** All of it with the recorded times, in no order. */
  recorded(): Map<T, number> {
    return new Map(this.#items.map((item, i) => [item, this.#times[i] as number]))
  }

  /** Throws when a child is due before its parent. */
  audit(): void {
    for (let at = 1; at < this.#times.length; at++) {
      const parent = this.#times[(at - 1) >>> 1] as number
      assert(parent <= (this.#times[at] as number), 'LEASE-I7: the heap is out of order')
    }
  }

  #sink(): void {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= this.#items.length) return
      const right = left + 1
      const times = this.#times as readonly number[]
      const rightFirst = right < times.length && (times[right] as number) < (times[left] as number)
      const child = rightFirst ? right : left
      if ((times[at] as number) <= (times[child] as number)) return
      this.#swap(at, child)
      at = child
    }
  }

  #swap(a: number, b: number): void {
    const time = this.#times[a] as number
    const item = this.#items[a] as T
    this.#times[a] = this.#times[b] as number
    this.#items[a] = this.#items[b] as T
    this.#times[b] = time
    this.#items[b] = item
  }
}
