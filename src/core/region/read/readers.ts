/** One reader for each kind of query: what each makes of the visible rows. */

import { type Bytes, EMPTY } from '../../../base/bytes.ts'
import { keyAfter, type Range } from '../descriptor.ts'
import { PAGE_ROWS_MAX } from '../limits.ts'
import type { VersionRow } from '../rows.ts'
import type { FoundRow, RegionAnswer, RegionQuery, Timestamp } from '../types.ts'
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

/** `range`: of the region. Locks need no reading: `lockPage`. */
export function readerOf(
  query: Exclude<RegionQuery, { op: 'locks' }>,
  range: Range,
  moment: Moment,
): PageReader {
  switch (query.op) {
    case 'get':
      return new GetReader(query.keys, moment)
    case 'scan': {
      const { limit, reverse, keysOnly } = query
      const wish = { ...within(query, range), ...moment, limit, reverse, keysOnly }
      return new ScanReader(new VisibleScan(wish))
    }
    case 'checksum': {
      const all = { limit: PAGE_ROWS_MAX, reverse: false, keysOnly: false }
      return new ChecksumReader(new VisibleScan({ ...within(query, range), ...moment, ...all }))
    }
  }
}

/** An open end means the region's. */
const within = ({ from, to }: Range, range: Range): Range => ({
  from: from.length === 0 ? range.from : from,
  to: to.length === 0 ? range.to : to,
})

/** The first page is wanted at once, each further one after the page before it. */
abstract class SingleReader implements PageReader {
  protected readonly scan: VisibleScan
  #asked = false

  constructor(scan: VisibleScan) {
    this.scan = scan
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
    return { op: 'scan', rows: this.scan.take(), next: this.scan.next }
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
    const { next } = this.scan
    return { op: 'checksum', rows: this.#rows, bytes: this.#bytes, hash: this.#hash.value, next }
  }
}

/** Looks up many keys, some at a time; what is too much for one answer is left out from a key on. */
class GetReader implements PageReader {
  readonly #keys: readonly Bytes[]
  readonly #moment: Moment
  readonly #found: (FoundRow | undefined)[]
  readonly #scans = new Map<number, VisibleScan>()
  readonly #wanted: number[] = []
  #begun = 0
  #finished = 0

  constructor(keys: readonly Bytes[], moment: Moment) {
    this.#keys = keys
    this.#moment = moment
    this.#found = new Array(keys.length)
  }

  get done(): boolean {
    return this.#finished === this.#keys.length
  }

  wants(): readonly PageWish[] {
    while (this.#begun < this.#keys.length && this.#scans.size < GETS_AT_ONCE) this.#begin()
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
    this.#found[read] = scan.take()[0]
    this.#scans.delete(read)
    this.#finished += 1
  }

  answer(): RegionAnswer {
    return { op: 'get', rows: this.#found.filter((row) => row !== undefined) }
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
