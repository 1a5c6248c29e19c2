/** A growing set of half-open text intervals that answers fast whether it contains a text. */

import { type KeySpan, spanContains, spanIsEmpty } from '../mvcc/key-span.ts'
import type { KeyText } from '../mvcc/key-text.ts'

export class KeyIntervals {
  /** Sorted and disjoint once `#settled`. */
  #spans: KeySpan[] = []
  #settled = true

  add(span: KeySpan): void {
    if (spanIsEmpty(span)) return
    this.#spans.push(span)
    this.#settled = false
  }

  addAll(other: KeyIntervals): void {
    for (const span of other.#spans) this.add(span)
  }

  contains(key: KeyText): boolean {
    if (!this.#settled) this.#settle()
    let low = 0
    let high = this.#spans.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#spans[middle] as KeySpan).from <= key) low = middle + 1
      else high = middle
    }
    const span = this.#spans[low - 1]
    return span !== undefined && spanContains(span, key)
  }

  #settle(): void {
    this.#spans.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
    const merged: KeySpan[] = []
    for (const span of this.#spans) {
      const last = merged.at(-1)
      if (last === undefined || (last.to !== undefined && last.to < span.from)) merged.push(span)
      else merged[merged.length - 1] = { ...last, to: higher(last.to, span.to) }
    }
    this.#spans = merged
    this.#settled = true
  }
}

function higher(a: KeyText | undefined, b: KeyText | undefined): KeyText | undefined {
  if (a === undefined || b === undefined) return undefined
  return a > b ? a : b
}
