/** A store that can be made to stall or to look full, for `debug.faults`. Otherwise it is the one inside. */

import type { Bytes } from '../base/bytes.ts'
import type {
  Done,
  KeyRange,
  Page,
  PageLimit,
  Store,
  StoreOp,
  StoreStats,
} from '../storage/store.ts'

export class FaultyStore implements Store {
  /** Every commit lands this much later. */
  stallMs = 0
  /** The volume says that it has no room. */
  full = false
  readonly #inner: Store

  constructor(inner: Store) {
    this.#inner = inner
  }

  commit(ops: readonly StoreOp[], done: Done<void>): void {
    const { stallMs } = this
    if (stallMs === 0) this.#inner.commit(ops, done)
    else setTimeout(() => this.#inner.commit(ops, done), stallMs)
  }

  get(key: Bytes): Bytes | undefined {
    return this.#inner.get(key)
  }

  getMany(keys: readonly Bytes[], done: Done<readonly (Bytes | undefined)[]>): void {
    this.#inner.getMany(keys, done)
  }

  scan(range: KeyRange, limit: PageLimit, done: Done<Page>): void {
    this.#inner.scan(range, limit, done)
  }

  compact(range: KeyRange, done: Done<void>): void {
    this.#inner.compact(range, done)
  }

  stats(): StoreStats {
    const stats = this.#inner.stats()
    return this.full ? { ...stats, freeBytes: 0 } : stats
  }
}
