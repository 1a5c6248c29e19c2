/**
 * A read of a range in steps that never hold the thread: step until done, fetch the versions named by
 * `rows`, give them to `finish`. Holds a pin until `release`, which must be called once whatever happens.
 * The index may change between steps: what a pinned revision sees does not.
 */

import { assert } from '../../base/assert.ts'
import { EMPTY } from '../../base/bytes.ts'
import type { KeyHistory } from '../mvcc/key-history.ts'
import type { KeyIndex } from '../mvcc/key-index.ts'
import { type KeySpan, spanIsEmpty, spanOf } from '../mvcc/key-span.ts'
import type { KeyText } from '../mvcc/key-text.ts'
import type { Pins } from '../mvcc/pins.ts'
import type { RevisionId } from '../mvcc/revision.ts'
import { hasFilter, type Metadata, passes } from './metadata.ts'
import { orderOf, type RangeOrder, sortByValue, sortMetadata } from './range-order.ts'
import type { KeyValue, RangeRequest, RangeResponse } from './types.ts'

/** A read in steps, whatever it answers in the end. */
export interface ReadScan<T> {
  readonly done: boolean
  /** Looks at no more than `maxKeys` further keys; true when done. */
  step(maxKeys: number): boolean
  /** Which versions to fetch, in this order, once done. */
  readonly rows: readonly RevisionId[]
  /** `values[i]` belongs to `rows[i]`. */
  finish(values: readonly KeyValue[]): T
  /** Gives the compaction floor free again. Further calls do nothing. */
  release(): void
}

export class RangeScan implements ReadScan<RangeResponse> {
  /** The revision read at. */
  readonly revision: number
  readonly #request: RangeRequest
  readonly #index: KeyIndex
  readonly #pins: Pins | undefined
  readonly #span: KeySpan
  readonly #order: RangeOrder
  readonly #filtered: boolean
  /** How many versions are wanted; sorting and value order want all. */
  readonly #wanted: number
  #next: KeyText
  #found: Metadata[] = []
  #rows: RevisionId[] = []
  #count = 0
  #matched = 0
  #done = false
  #released = false

  /** Without `pins` only where no scrub can come between: inside a transaction. */
  constructor(index: KeyIndex, request: RangeRequest, revision: number, pins?: Pins) {
    this.revision = revision
    this.#request = request
    this.#index = index
    this.#pins = pins
    this.#span = spanOf(request.key, request.rangeEnd)
    this.#next = this.#span.from
    this.#order = orderOf(request)
    this.#filtered = hasFilter(request)
    const limited = request.limit > 0 && this.#order === 'index'
    this.#wanted = request.countOnly ? 0 : limited ? request.limit : Number.MAX_SAFE_INTEGER
    pins?.add(revision)
    if (this.#span.single) this.#takeOne()
    else if (spanIsEmpty(this.#span)) this.#done = true
  }

  get done(): boolean {
    return this.#done
  }

  step(maxKeys: number): boolean {
    if (this.#done) return true
    let looks = maxKeys
    const ended = this.#index.walk(this.#next, this.#span.to, (key, history) => {
      if (looks-- === 0) {
        this.#next = key
        return false
      }
      this.#take(key, history)
      return true
    })
    if (ended) this.#complete()
    return this.#done
  }

  get rows(): readonly RevisionId[] {
    assert(this.#done, 'a range is stepped to its end before it is read')
    return this.#rows
  }

  finish(values: readonly KeyValue[]): RangeResponse {
    assert(values.length === this.rows.length, 'a range needs every value it named')
    if (this.#request.countOnly) return { kvs: [], more: false, count: this.#count }
    const limit = this.#request.limit > 0 ? this.#request.limit : Number.MAX_SAFE_INTEGER
    let kvs = values
    if (this.#order === 'value') {
      const sorted = [...values]
      sortByValue(sorted, this.#request)
      kvs = sorted.length > limit ? sorted.slice(0, limit) : sorted
    }
    if (this.#request.keysOnly) kvs = kvs.map((kv) => ({ ...kv, value: EMPTY }))
    return { kvs, more: this.#matched > limit, count: this.#count }
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.#pins?.remove(this.revision)
  }

  #takeOne(): void {
    const history = this.#index.get(this.#span.from)
    if (history !== undefined) this.#take(this.#span.from, history)
    this.#complete()
  }

  #take(key: KeyText, history: KeyHistory): void {
    const slot = history.slotAt(this.revision)
    if (slot < 0) return
    const version = history.versionAt(slot)
    if (version === 0) return
    this.#count++
    const main = history.mainAt(slot)
    if (this.#filtered && !passes(this.#request, main, history.createAt(slot))) return
    this.#matched++
    if (this.#matched > this.#wanted) return
    const sub = history.subAt(slot)
    if (this.#order !== 'metadata') this.#rows.push({ main, sub })
    else this.#found.push({ main, sub, create: history.createAt(slot), version, key })
  }

  #complete(): void {
    this.#done = true
    if (this.#order !== 'metadata') return
    sortMetadata(this.#found, this.#request)
    const limit = this.#request.limit > 0 ? this.#request.limit : this.#found.length
    this.#rows = this.#found.slice(0, limit).map(({ main, sub }) => ({ main, sub }))
    this.#found = []
  }
}
