/**
 * An ordered map of byte strings in memory: sorted chunks of bounded size, so that an insert moves a
 * few hundred references at most. Keys and values are kept as given; callers do not change them.
 */

import { assert, must } from '../../base/assert.ts'
import { type Bytes, compareBytes } from '../../base/bytes.ts'
import type { KeyRange, Page, PageLimit, Row, StoreOp } from '../store.ts'

const CHUNK_ROWS_MAX = 512

export class OrderedRows {
  #chunks: Row[][] = [[]]
  #size = 0

  get size(): number {
    return this.#size
  }

  apply(ops: readonly StoreOp[]): void {
    for (const op of ops) {
      if (op.type === 'put') this.set(op.key, op.value)
      else this.delete(op.key)
    }
  }

  get(key: Bytes): Bytes | undefined {
    const chunk = must(this.#chunks[this.#chunkOf(key)], 'a chunk covers every key')
    const row = chunk[lowerBound(chunk, key)]
    return row !== undefined && compareBytes(row[0], key) === 0 ? row[1] : undefined
  }

  set(key: Bytes, value: Bytes): void {
    const at = this.#chunkOf(key)
    const chunk = must(this.#chunks[at], 'a chunk covers every key')
    const i = lowerBound(chunk, key)
    const row = chunk[i]
    if (row !== undefined && compareBytes(row[0], key) === 0) {
      chunk[i] = [row[0], value]
      return
    }
    chunk.splice(i, 0, [key, value])
    this.#size++
    if (chunk.length > CHUNK_ROWS_MAX) {
      this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK_ROWS_MAX / 2))
    }
  }

  delete(key: Bytes): void {
    const at = this.#chunkOf(key)
    const chunk = must(this.#chunks[at], 'a chunk covers every key')
    const i = lowerBound(chunk, key)
    const row = chunk[i]
    if (row === undefined || compareBytes(row[0], key) !== 0) return
    chunk.splice(i, 1)
    this.#size--
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1)
  }

  /** One page of a range: at least one row if there is any, however large. */
  page(range: KeyRange, limit: PageLimit): Page {
    assert(limit.rows > 0 && limit.bytes > 0, 'a page holds at least one row')
    const rows: Row[] = []
    let bytes = 0
    for (const row of range.reverse ? this.#backwards(range) : this.#forwards(range)) {
      const size = row[0].length + row[1].length
      if (rows.length === limit.rows || (rows.length > 0 && bytes + size > limit.bytes)) {
        return { rows, more: true }
      }
      rows.push(row)
      bytes += size
    }
    return { rows, more: false }
  }

  *#forwards(range: KeyRange): Generator<Row> {
    let at = this.#chunkOf(range.from)
    let i = lowerBound(this.#chunks[at] ?? [], range.from)
    for (; at < this.#chunks.length; at++, i = 0) {
      const chunk = this.#chunks[at] ?? []
      for (; i < chunk.length; i++) {
        const row = must(chunk[i], 'within the chunk')
        if (compareBytes(row[0], range.to) >= 0) return
        yield row
      }
    }
  }

  *#backwards(range: KeyRange): Generator<Row> {
    let at = this.#chunkOf(range.to)
    let i = lowerBound(this.#chunks[at] ?? [], range.to) - 1
    for (; at >= 0; at--, i = (this.#chunks[at]?.length ?? 0) - 1) {
      const chunk = this.#chunks[at] ?? []
      for (; i >= 0; i--) {
        const row = must(chunk[i], 'within the chunk')
        if (compareBytes(row[0], range.from) < 0) return
        yield row
      }
    }
  }

  /** The chunk in which this key is, or would be inserted. */
  #chunkOf(key: Bytes): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      const first = this.#chunks[middle]?.[0]
      if (first !== undefined && compareBytes(first[0], key) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }
}

function lowerBound(chunk: readonly Row[], key: Bytes): number {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareBytes((chunk[middle] as Row)[0], key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
