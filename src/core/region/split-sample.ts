/**
 * Where to cut a region: samples of its versions by the bytes they take, gathered page by page, and the keys at
 * which the bytes fall into equal parts. A cut never separates the versions of a key, and never comes at its first key.
 */

import { type Bytes, compareBytes, equalBytes } from '../../base/bytes.ts'
import type { Range } from './descriptor.ts'
import type { Size } from './entry.ts'
import { type Position, type VersionRow, type VersionSpan, versionBytes } from './rows.ts'
import { LATEST } from './timestamps.ts'
import { timestamp } from './types.ts'

export interface Cut {
  readonly keys: readonly Bytes[]
  /** Of each part but the last. */
  readonly sizes: readonly Size[]
}

/** A key, and what lies before its first version. */
interface Sample {
  readonly key: Bytes
  readonly before: Size
}

const SPAN_ROWS = 1024
const SAMPLES_MAX = 1024
const FIRST_STEP_BYTES = 4096

export class SplitSample {
  readonly #to: Position | undefined
  #from: Position
  #samples: Sample[] = []
  /** A sample is taken each time so many bytes went by. */
  #step = FIRST_STEP_BYTES
  #nextAt = FIRST_STEP_BYTES
  #rows = 0
  #bytes = 0
  #key: Bytes | undefined
  #done = false

  constructor(range: Range) {
    this.#from = { key: range.from, at: LATEST }
    this.#to = range.to.length === 0 ? undefined : { key: range.to, at: LATEST }
  }

  get done(): boolean {
    return this.#done
  }

  /** Of all versions, once it is done. */
  get size(): Size {
    return { rows: this.#rows, bytes: this.#bytes }
  }

  span(): VersionSpan {
    return { from: this.#from, to: this.#to, reverse: false, rows: SPAN_ROWS }
  }

  add(rows: readonly VersionRow[], more: boolean): void {
    for (const row of rows) this.#add(row)
    const last = rows.at(-1)
    if (!more || last === undefined) this.#done = true
    else this.#from = { key: last.key, at: timestamp(last.commit - 1n) }
  }

  /** Fewer parts, or none, where there are too few keys. */
  cut(parts: number): Cut {
    const chosen: Sample[] = []
    for (let part = 1; part < parts; part++) {
      const sample = this.#nearest((this.#bytes * part) / parts)
      if (sample !== undefined && sample !== chosen.at(-1)) chosen.push(sample)
    }
    return { keys: chosen.map(({ key }) => key), sizes: sizesOf(chosen) }
  }

  /** Sizes of the parts that given keys make, as far as the samples say. */
  sizesAt(keys: readonly Bytes[]): readonly Size[] {
    const befores = keys.map((key) => ({ key, before: this.#before(key) }))
    return sizesOf(befores)
  }

  #add(row: VersionRow): void {
    const sameKey = this.#key !== undefined && equalBytes(this.#key, row.key)
    if (!sameKey) {
      if (this.#bytes >= this.#nextAt) this.#take(row.key)
      this.#key = row.key
    }
    this.#rows += 1
    this.#bytes += versionBytes(row)
  }

  #take(key: Bytes): void {
    this.#samples.push({ key: key.slice(), before: this.size })
    if (this.#samples.length >= SAMPLES_MAX) {
      this.#samples = this.#samples.filter((_, at) => at % 2 === 1)
      this.#step *= 2
    }
    this.#nextAt = this.#bytes + this.#step
  }

  #nearest(bytes: number): Sample | undefined {
    let best: Sample | undefined
    for (const sample of this.#samples) {
      const closer =
        best === undefined ||
        Math.abs(sample.before.bytes - bytes) < Math.abs(best.before.bytes - bytes)
      if (closer) best = sample
    }
    return best
  }

  #before(key: Bytes): Size {
    let before: Size = { rows: 0, bytes: 0 }
    for (const sample of this.#samples) {
      if (compareBytes(sample.key, key) > 0) break
      before = sample.before
    }
    return before
  }
}

/** Each sample tells what lies before it: of a part, what lies before its end and not before its start. */
function sizesOf(cuts: readonly Sample[]): readonly Size[] {
  return cuts.map(({ before }, at) => {
    const start = cuts[at - 1]?.before ?? { rows: 0, bytes: 0 }
    return { rows: before.rows - start.rows, bytes: before.bytes - start.bytes }
  })
}
