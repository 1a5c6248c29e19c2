/**
 * Which versions nobody can read any more once all readers are above the safe point: of each key all below the
 * newest put or delete at or below it, and that one too where it shows nothing. A delete goes together with all that
 * it hides, never before. What tells of a committed transaction leaves a small row behind, for some time.
 */

import { type Bytes, equalBytes } from '../../../base/bytes.ts'
import { keyAfter, type Range } from '../descriptor.ts'
import type { Size } from '../entry.ts'
import { FATE_MS, PAGE_VERSIONS_MAX } from '../limits.ts'
import { type Position, type VersionRow, type VersionSpan, versionBytes } from '../rows.ts'
import { compose, LATEST, physicalMs } from '../timestamps.ts'
import { type Timestamp, timestamp } from '../types.ts'
import { isVisible } from './visible-scan.ts'

const SPAN_ROWS = 1024

export class CollectScan {
  readonly #safePoint: Timestamp
  readonly #limit: number
  readonly #to: Position | undefined
  readonly #drops: VersionRow[] = []
  readonly #shrunk: VersionRow[] = []
  /** Fates of transactions committed at or below need not be known any more. */
  readonly #fatesFrom: Timestamp
  #from: Position
  #key: Bytes | undefined
  /** The newest put or delete at or below the safe point was met. */
  #settled = false
  /** That one, if it shows nothing: to be dropped when all below it was. */
  #hidden: VersionRow | undefined
  #versions = 0
  #done = false
  /** Where to go on; undefined: the range is done. */
  next: Bytes | undefined

  constructor(range: Range, safePoint: Timestamp, limit: number) {
    this.#safePoint = safePoint
    this.#fatesFrom = compose(Math.max(0, physicalMs(safePoint) - FATE_MS), 0)
    this.#limit = Math.max(1, limit)
    this.#from = { key: range.from, at: LATEST }
    this.#to = range.to.length === 0 ? undefined : { key: range.to, at: LATEST }
  }

  get done(): boolean {
    return this.#done
  }

  get drops(): readonly VersionRow[] {
    return this.#drops
  }

  /** As they were; what is left of them is what they tell of their transactions. */
  get shrunk(): readonly VersionRow[] {
    return this.#shrunk
  }

  get freed(): Size {
    let bytes = 0
    for (const row of this.#drops) bytes += versionBytes(row)
    for (const row of this.#shrunk) bytes += versionBytes(row)
    return { rows: this.#gone, bytes }
  }

  span(): VersionSpan {
    return { from: this.#from, to: this.#to, reverse: false, rows: SPAN_ROWS }
  }

  add(rows: readonly VersionRow[], more: boolean): void {
    this.#versions += rows.length
    for (const row of rows) {
      this.#row(row)
      if (this.#done) return
    }
    const last = rows.at(-1)
    if (!more || last === undefined) {
      this.#closeKey()
      this.#done = true
      return
    }
    this.#from = { key: last.key, at: timestamp(last.commit - 1n) }
  }

  #row(row: VersionRow): void {
    if (this.#key === undefined || !equalBytes(this.#key, row.key)) {
      this.#closeKey()
      const full = this.#gone >= this.#limit || this.#versions >= PAGE_VERSIONS_MAX
      if (full && this.#key !== undefined) {
        this.#end(keyAfter(this.#key))
        return
      }
      this.#key = row.key
    }
    if (row.commit <= this.#safePoint) this.#old(row)
    // In the middle of a key: it is begun anew, with less of it left.
    if (this.#gone >= 2 * this.#limit) this.#end(row.key)
  }

  #old(row: VersionRow): void {
    const superseded = this.#settled || row.kind === 'rollback' || row.kind === 'lock'
    if (superseded) {
      this.#drop(row)
      return
    }
    this.#settled = true
    if (!isVisible(row, physicalMs(this.#safePoint))) this.#hidden = row
  }

  get #gone(): number {
    return this.#drops.length + this.#shrunk.length
  }

  #drop(row: VersionRow): void {
    const tells = row.decisive && row.commit > this.#fatesFrom
    if (!tells) this.#drops.push(row)
    else if (row.kind !== 'lock') this.#shrunk.push(row)
  }

  /** All of a key was seen. */
  #closeKey(): void {
    if (this.#hidden !== undefined) this.#drop(this.#hidden)
    this.#hidden = undefined
    this.#settled = false
  }

  #end(next: Bytes): void {
    this.#done = true
    this.next = next
  }
}
