/** One reader for each kind of query: what each makes of the visible rows. */

import { type Bytes, EMPTY } from '../../../base/bytes.ts'
import { intersect, keyAfter, type Range } from '../descriptor.ts'
import { PAGE_BYTES_MAX, PAGE_ROWS_MAX } from '../limits.ts'
import type { LockTable } from '../lock-table.ts'
import type { VersionRow } from '../rows.ts'
import type { FoundRow, RegionAnswer, Timestamp } from '../types.ts'
import { type DataQuery, locksOnKeys, type RangeQuery, wayThrough } from './locks.ts'
import type { PageReader, PageWish } from './page-reader.ts'
import { RowHash } from './row-hash.ts'
import { VisibleScan } from './visible-scan.ts'

/** At which moment a query looks. */
export interface Moment {
  readonly at: Timestamp
  readonly nowMs: number
}

/** Keys that are looked up side by side. */
const GETS_AT_ONCE = 32

/** What a query begins with: rows to read, or an answer already. */
export type Begun =
  | { readonly type: 'reader'; readonly reader: PageReader }
  | { readonly type: 'answer'; readonly answer: RegionAnswer }

/** `region`: its range; what lies outside is not looked at. Locks need no reading: `lockPage`. */
export function beginRead(
  query: DataQuery,
  region: Range,
  locks: LockTable,
  moment: Moment,
): Begun {
  if (query.op === 'get') {
    const blocking = locksOnKeys(locks, query)
    if (blocking.length > 0) return answered({ op: 'locked', locks: blocking })
    return { type: 'reader', reader: new GetReader(query.keys, moment) }
  }
  const range = intersect(query, region)
  if (range === undefined) return answered(nothing(query))
  const way = wayThrough(locks, query, range)
  if (way.clear === undefined) return answered({ op: 'locked', locks: way.locks })
  return { type: 'reader', reader: rangeReader(query, way.clear, way.next, moment) }
}

function rangeReader(
  query: RangeQuery,
  range: Range,
  next: Bytes | undefined,
  moment: Moment,
): PageReader {
  if (query.op === 'scan') {
    const { limit, reverse, keysOnly } = query
    return new ScanReader(new VisibleScan({ ...range, ...moment, limit, reverse, keysOnly }), next)
  }
  const all = { limit: PAGE_ROWS_MAX, reverse: false, keysOnly: false }
  return new ChecksumReader(new VisibleScan({ ...range, ...moment, ...all }), next)
}

const answered = (answer: RegionAnswer): Begun => ({ type: 'answer', answer })

const nothing = ({ op }: RangeQuery): RegionAnswer =>
  op === 'scan'
    ? { op, rows: [], next: undefined }
    : { op, rows: 0, bytes: 0, hash: 0n, next: undefined }

/** The first page is wanted at once, each further one after the page before it. */
abstract class SingleReader implements PageReader {
  protected readonly scan: VisibleScan
  readonly #end: Bytes | undefined
  #asked = false

  /** `end`: where the caller goes on when all of the range was read. */
  constructor(scan: VisibleScan, end: Bytes | undefined) {
    this.scan = scan
    this.#end = end
  }

  protected get next(): Bytes | undefined {
    return this.scan.next ?? this.#end
  }

  get done(): boolean {
    return this.scan.done
  }

  wants(): readonly PageWish[] {
    if (this.#asked || this.done) return []
    this.#asked = true
    return [{ read: 0, span: this.scan.span() }]
  }

  found(_read: number, rows: readonly VersionRow[], more: boolean): void {
    this.#asked = false
    this.scan.add(rows, more)
    this.gather()
  }

  protected gather(): void {}

  abstract answer(): RegionAnswer
}

class ScanReader extends SingleReader {
  override answer(): RegionAnswer {
    return { op: 'scan', rows: this.scan.take(), next: this.next }
  }
}

class ChecksumReader extends SingleReader {
  readonly #hash = new RowHash()
  #rows = 0
  #bytes = 0

  protected override gather(): void {
    for (const row of this.scan.take()) {
      this.#hash.add(row)
      this.#rows += 1
      this.#bytes += row.key.length + row.value.length
    }
  }

  override answer(): RegionAnswer {
    const { next } = this
    return { op: 'checksum', rows: this.#rows, bytes: this.#bytes, hash: this.#hash.value, next }
  }
}

/** Looks up many keys, some at a time, until it has as much as fits an answer. */
class GetReader implements PageReader {
  readonly #keys: readonly Bytes[]
  readonly #moment: Moment
  readonly #found: (FoundRow | undefined)[]
  readonly #scans = new Map<number, VisibleScan>()
  readonly #wanted: number[] = []
  #begun = 0
  #bytes = 0

  constructor(keys: readonly Bytes[], moment: Moment) {
    this.#keys = keys
    this.#moment = moment
    this.#found = new Array(keys.length)
  }

  get done(): boolean {
    return this.#scans.size === 0 && !this.#goesOn()
  }

  wants(): readonly PageWish[] {
    while (this.#goesOn() && this.#scans.size < GETS_AT_ONCE) this.#begin()
    return this.#wanted.splice(0).map((read) => ({
      read,
      span: (this.#scans.get(read) as VisibleScan).span(),
    }))
  }

  found(read: number, rows: readonly VersionRow[], more: boolean): void {
    const scan = this.#scans.get(read)
    if (scan === undefined) return
    scan.add(rows, more)
    if (!scan.done) {
      this.#wanted.push(read)
      return
    }
    this.#scans.delete(read)
    const [row] = scan.take()
    this.#found[read] = row
    this.#bytes += row === undefined ? 0 : row.key.length + row.value.length
  }

  answer(): RegionAnswer {
    const rows = this.#found.filter((row) => row !== undefined)
    return { op: 'get', rows, looked: this.#begun }
  }

  #goesOn(): boolean {
    return this.#begun < this.#keys.length && this.#bytes < PAGE_BYTES_MAX
  }

  #begin(): void {
    const key = this.#keys[this.#begun] ?? EMPTY
    const range = { from: key, to: keyAfter(key) }
    const only = { limit: 1, reverse: false, keysOnly: false }
    this.#scans.set(this.#begun, new VisibleScan({ ...range, ...this.#moment, ...only }))
    this.#wanted.push(this.#begun)
    this.#begun += 1
  }
}
