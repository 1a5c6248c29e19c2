/**
 * Things due at a time, earliest first; those due at the same time in the order they were made. A
 * cancelled one stays until its time or until half of all are cancelled, so cancelling costs nothing.
 */

import { assert } from '../base/assert.ts'

export interface Deadline {
  /** Monotonic milliseconds. */
  readonly at: number
  live: boolean
}

interface Slot<T> {
  readonly at: number
  readonly order: number
  readonly item: T
}

const PRUNE_AT = 256

export class Deadlines<T extends Deadline> {
  #heap: Slot<T>[] = []
  #order = 0
  #cancelled = 0

  /** How many are still live. */
  get size(): number {
    return this.#heap.length - this.#cancelled
  }

  add(item: T): void {
    assert(item.live && Number.isFinite(item.at), 'a deadline starts live and at a time')
    this.#heap.push({ at: item.at, order: this.#order++, item })
    this.#up(this.#heap.length - 1)
  }

  /** Only for an item still waiting in here. */
  cancel(item: T): void {
    assert(item.live, 'a deadline is cancelled once')
    item.live = false
    this.#cancelled++
    if (this.#cancelled > PRUNE_AT && this.#cancelled * 2 > this.#heap.length) this.#prune()
  }

  /** The earliest time at which something is due. */
  nextAt(): number | undefined {
    this.#skipCancelled()
    return this.#heap[0]?.at
  }

  /** Takes out the earliest item due by now. */
  due(nowMs: number): T | undefined {
    this.#skipCancelled()
    const first = this.#heap[0]
    if (first === undefined || first.at > nowMs) return undefined
    this.#pop()
    return first.item
  }

  #skipCancelled(): void {
    while (this.#heap[0] !== undefined && !this.#heap[0].item.live) {
      this.#pop()
      this.#cancelled--
    }
  }

  #prune(): void {
    this.#heap = this.#heap.filter((slot) => slot.item.live)
    this.#cancelled = 0
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#down(i)
  }

  #pop(): void {
    const last = this.#heap.pop() as Slot<T>
    if (this.#heap.length === 0) return
    this.#heap[0] = last
    this.#down(0)
  }

  #up(from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfBefore(at, parent)) return
      at = parent
    }
  }

  #down(from: number): void {
    let at = from
    for (;;) {
      const left = 2 * at + 1
      if (left >= this.#heap.length) return
      const right = left + 1
      const child = right < this.#heap.length && this.#before(right, left) ? right : left
      if (!this.#swapIfBefore(child, at)) return
      at = child
    }
  }

  #before(i: number, j: number): boolean {
    const a = this.#heap[i] as Slot<T>
    const b = this.#heap[j] as Slot<T>
    return a.at < b.at || (a.at === b.at && a.order < b.order)
  }

  #swapIfBefore(i: number, j: number): boolean {
    if (!this.#before(i, j)) return false
    const a = this.#heap[i] as Slot<T>
    this.#heap[i] = this.#heap[j] as Slot<T>
    this.#heap[j] = a
    return true
  }
}
