/** Watchers by what they watch: an event finds those it concerns, not all there are. */

import type { KeyText } from '../mvcc/key-text.ts'
import { RangeTree } from './range-tree.ts'
import type { Watcher } from './watcher.ts'

export class WatcherIndex {
  readonly #keys = new Map<KeyText, Set<Watcher>>()
  readonly #ranges = new RangeTree<Watcher>()
  #onKeys = 0

  get size(): number {
    return this.#onKeys + this.#ranges.size
  }

  add(watcher: Watcher): void {
    const { span } = watcher
    if (!span.single) {
      this.#ranges.add(span, watcher)
      return
    }
    const known = this.#keys.get(span.from)
    if (known === undefined) this.#keys.set(span.from, new Set([watcher]))
    else known.add(watcher)
    this.#onKeys++
  }

  /** Does nothing when it is not there. */
  delete(watcher: Watcher): void {
    const { span } = watcher
    if (!span.single) {
      this.#ranges.delete(span, watcher)
      return
    }
    const known = this.#keys.get(span.from)
    if (known?.delete(watcher) !== true) return
    this.#onKeys--
    if (known.size === 0) this.#keys.delete(span.from)
  }

  visit(key: KeyText, take: (watcher: Watcher) => void): void {
    const known = this.#keys.get(key)
    if (known !== undefined) for (const watcher of known) take(watcher)
    if (this.#ranges.size > 0) this.#ranges.visit(key, take)
  }

  /** Throws when its tree is out of order. */
  audit(): void {
    this.#ranges.audit()
  }
}
