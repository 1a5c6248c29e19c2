/**
 * Which versions of a range are visible at a timestamp, forward or backward: of each key the newest put or delete
 * at or below it. Rows are passed in pages as they lie on disk, a key's newest version first, or the other way
 * round; what cannot be visible is leapt over from page to page.
 */

import { type Bytes, EMPTY, equalBytes } from '../../../base/bytes.ts'
import { keyAfter, type Range } from '../descriptor.ts'
import { PAGE_BYTES_MAX, PAGE_ROWS_MAX, PAGE_VERSIONS_MAX } from '../limits.ts'
import type { Position, VersionRow, VersionSpan } from '../rows.ts'
import { LATEST } from '../timestamps.ts'
import { type FoundRow, type Timestamp, timestamp } from '../types.ts'

export interface VisibleWish extends Range {
  readonly at: Timestamp
  /** By the clock of the oracle: what expires at or before this is gone. */
  readonly nowMs: number
  readonly reverse: boolean
  readonly keysOnly: boolean
  /** Rows, at most. */
  readonly limit: number
}

/** Versions of one page: some more than the rows that are wanted, since keys may have several. */
const SPAN_ROWS_MIN = 4
const SPAN_ROWS_MAX = 1024

export class VisibleScan {
  readonly #wish: VisibleWish
  #from: Position
  #to: Position | undefined
  /** The key of the last row, and whether it is known what is visible of it. */
  #key: Bytes | undefined
  #decided = false
  /** Backwards: the newest version so far of a key whose newer ones are to come. */
  #candidate: VersionRow | undefined
  #rows: FoundRow[] = []
  #bytes = 0
  #versions = 0
  #done = false
  /** Where the next page of the caller begins, or, backwards, ends; undefined: the range is done. */
  next: Bytes | undefined

  constructor(wish: VisibleWish) {
    this.#wish = { ...wish, limit: Math.min(Math.max(1, wish.limit), PAGE_ROWS_MAX) }
    this.#from = { key: wish.from, at: LATEST }
    this.#to = wish.to.length === 0 ? undefined : { key: wish.to, at: LATEST }
  }

  get done(): boolean {
    return this.#done
  }

  /** What was found since the last time. */
  take(): readonly FoundRow[] {
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  span(): VersionSpan {
    const left = (this.#wish.limit - this.#rows.length) * 2
    const rows = Math.min(SPAN_ROWS_MAX, Math.max(SPAN_ROWS_MIN, left))
    return { from: this.#from, to: this.#to, reverse: this.#wish.reverse, rows }
  }

  add(rows: readonly VersionRow[], more: boolean): void {
    this.#versions += rows.length
    for (const row of rows) {
      if (this.#done) return
      if (this.#wish.reverse) this.#backward(row)
      else this.#forward(row)
    }
    if (this.#done) return
    if (!more) {
      this.#flush()
      this.#done = true
    } else if (rows.length > 0) {
      this.#goOn(rows.at(-1) as VersionRow)
    }
  }

  #forward(row: VersionRow): void {
    if (!this.#sameKey(row)) {
      this.#key = row.key
      this.#decided = false
    }
    if (this.#decided || !this.#counts(row)) return
    this.#decided = true
    this.#emit(row)
    if (this.#full()) this.#end(keyAfter(row.key))
  }

  #backward(row: VersionRow): void {
    if (!this.#sameKey(row)) {
      this.#flush()
      if (this.#done) return
      this.#key = row.key
    }
    if (this.#counts(row)) this.#candidate = row
  }

  /** Backwards, all of a key has been seen. */
  #flush(): void {
    const row = this.#candidate
    if (row === undefined) return
    this.#candidate = undefined
    this.#emit(row)
    if (this.#full()) this.#end(row.key)
  }

  #goOn(last: VersionRow): void {
    if (this.#wish.reverse) this.#goOnBackward(last)
    else this.#goOnForward(last)
  }

  #goOnForward({ key, commit }: VersionRow): void {
    const { at } = this.#wish
    if (this.#decided) this.#from = { key: keyAfter(key), at: LATEST }
    else this.#from = { key, at: at < commit ? at : timestamp(commit - 1n) }
    if (this.#tired() && this.#decided) this.#end(this.#from.key)
  }

  #goOnBackward({ key, commit }: VersionRow): void {
    const seen = commit > this.#wish.at
    if (seen) this.#flush()
    if (this.#done) return
    this.#to = { key, at: seen ? LATEST : commit }
    if (this.#tired() && seen) this.#end(key)
  }

  /** A put or delete that is not above the timestamp. */
  #counts(row: VersionRow): boolean {
    return row.commit <= this.#wish.at && (row.kind === 'put' || row.kind === 'delete')
  }

  #emit(row: VersionRow): void {
    if (!isVisible(row, this.#wish.nowMs)) return
    const value = this.#wish.keysOnly ? EMPTY : row.value
    this.#rows.push({ key: row.key, value, version: row.commit })
    this.#bytes += row.key.length + value.length
  }

  #sameKey(row: VersionRow): boolean {
    return this.#key !== undefined && equalBytes(this.#key, row.key)
  }

  #full(): boolean {
    return this.#rows.length >= this.#wish.limit || this.#bytes >= PAGE_BYTES_MAX
  }

  #tired(): boolean {
    return this.#versions >= PAGE_VERSIONS_MAX
  }

  #end(next: Bytes): void {
    this.#done = true
    this.next = next
  }
}

/** Whether the newest put or delete of a key shows a value. */
export const isVisible = (row: VersionRow, nowMs: number): boolean =>
  row.kind === 'put' && (row.expiryMs === 0 || row.expiryMs > nowMs)
