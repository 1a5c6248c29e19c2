/**
 * The store port in memory: what tests use, and what the simulator's disk is measured against. Nothing
 * outlives the object; `commit` lands in the order of the calls, each in a microtask of its own.
 */

import { type Bytes, exactBytes } from '../../base/bytes.ts'
import type { Done, KeyRange, Page, PageLimit, Store, StoreOp, StoreStats } from '../store.ts'
import { OrderedRows } from './ordered-rows.ts'

export class MemoryStore implements Store {
  readonly #rows = new OrderedRows()
  readonly #later: (task: () => void) => void

  /** `later` runs a task soon, in order; the default is a microtask. */
  constructor(later: (task: () => void) => void = queueMicrotask) {
    this.#later = later
  }

  commit(ops: readonly StoreOp[], done: Done<void>): void {
    const kept = ops.map(keepOp)
    this.#later(() => {
      this.#rows.apply(kept)
      done(undefined)
    })
  }

  get(key: Bytes): Bytes | undefined {
    return this.#rows.get(key)
  }

  getMany(keys: readonly Bytes[], done: Done<readonly (Bytes | undefined)[]>): void {
    this.#later(() =>
      done(
        undefined,
        keys.map((key) => this.#rows.get(key)),
      ),
    )
  }

  scan(range: KeyRange, limit: PageLimit, done: Done<Page>): void {
    this.#later(() => done(undefined, this.#rows.page(range, limit)))
  }

  compact(_range: KeyRange, done: Done<void>): void {
    this.#later(() => done(undefined))
  }

  stats(): StoreStats {
    return { diskBytes: 0, levelZeroFiles: 0, freeBytes: Number.MAX_SAFE_INTEGER }
  }
}

/** A caller may reuse the buffer that its bytes are a slice of. */
function keepOp(op: StoreOp): StoreOp {
  if (op.type === 'delete') return { type: 'delete', key: exactBytes(op.key) }
  return { type: 'put', key: exactBytes(op.key), value: exactBytes(op.value) }
}
