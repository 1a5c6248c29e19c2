/**
 * Lease ids by the time they are due. An id whose time moved later stays where it is and is put back when
 * it comes up: a renewal costs nothing here.
 */

import { assert } from '../../base/assert.ts'

export class DueHeap {
  readonly #times: number[] = []
  readonly #ids: bigint[] = []

  get size(): number {
    return this.#ids.length
  }

  clear(): void {
    this.#times.length = 0
    this.#ids.length = 0
  }

  push(time: number, id: bigint): void {
    let at = this.#ids.length
    this.#times.push(time)
    this.#ids.push(id)
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if ((this.#times[parent] as number) <= time) break
      this.#swap(at, parent)
      at = parent
    }
  }

  /** Takes the first id due at `now`, in its recorded time; undefined when none is. */
  pop(now: number): bigint | undefined {
    const first = this.#times[0]
    if (first === undefined || first > now) return undefined
    this.#swap(0, this.#ids.length - 1)
    this.#times.pop()
    const id = this.#ids.pop()
    this.#sink()
    return id
  }

  /** The recorded times by id: the earliest of each. */
  earliest(): Map<bigint, number> {
    const earliest = new Map<bigint, number>()
    for (const [i, id] of this.#ids.entries()) {
      const time = this.#times[i] as number
      earliest.set(id, Math.min(time, earliest.get(id) ?? time))
    }
    return earliest
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
      if (left >= this.#ids.length) return
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
    const id = this.#ids[a] as bigint
    this.#times[a] = this.#times[b] as number
    this.#ids[a] = this.#ids[b] as bigint
    this.#times[b] = time
    this.#ids[b] = id
  }
}
