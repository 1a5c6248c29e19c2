/**
 * Entries that follow each other as one string of bytes: what a row of the log on disk holds, and what an
 * append carries. The index of the first is kept beside it; the others count on from there.
 *
 * Layout, for each: term (8) | kind (1) | length of the data (4) | data.
 */

import { assert } from '../../base/assert.ts'
import { type Bytes, putUint64 } from '../../base/bytes.ts'
import type { Entry } from './types.ts'

const HEAD_BYTES = 13
const KINDS = ['noop', 'data', 'config'] as const

/** What an entry takes in a block. */
export const blockBytes = (entry: Entry): number => HEAD_BYTES + entry.data.length

/** The block of a whole list. */
export function blockOf(entries: readonly Entry[]): Bytes {
  let bytes = 0
  for (const entry of entries) bytes += blockBytes(entry)
  const block = new Uint8Array(bytes)
  fillBlock(block, 0, entries, 0, entries.length)
  return block
}

/** Writes entries from..to (exclusive) of a list into `block`, from position `at` on. */
export function fillBlock(
  block: Bytes,
  at: number,
  entries: readonly Entry[],
  from: number,
  to: number,
): void {
  let next = at
  for (let i = from; i < to; i++) {
    const { term, kind, data } = entries[i] as Entry
    const number = KINDS.indexOf(kind)
    assert(number >= 0, 'every kind of entry has a number')
    putUint64(block, next, term)
    block[next + 8] = number
    putUint32(block, next + 9, data.length)
    block.set(data, next + HEAD_BYTES)
    next += HEAD_BYTES + data.length
  }
}

/** The entries of a block, their data as views into it; undefined if it is none. */
export function entriesOf(block: Bytes, first: number): Entry[] | undefined {
  const entries: Entry[] = []
  for (let at = 0; at < block.length; ) {
    if (at + HEAD_BYTES > block.length) return undefined
    const term = getUint32(block, at) * 2 ** 32 + getUint32(block, at + 4)
    const kind = KINDS[block[at + 8] as number]
    const dataAt = at + HEAD_BYTES
    const end = dataAt + getUint32(block, at + 9)
    if (!Number.isSafeInteger(term) || kind === undefined || end > block.length) return undefined
    const data = block.subarray(dataAt, end)
    entries.push({ term, index: first + entries.length, kind, data })
    at = end
  }
  return entries
}

function putUint32(target: Bytes, at: number, value: number): void {
  target[at] = value >>> 24
  target[at + 1] = value >>> 16
  target[at + 2] = value >>> 8
  target[at + 3] = value
}

function getUint32(source: Bytes, at: number): number {
  const [a, b, c] = [source[at] as number, source[at + 1] as number, source[at + 2] as number]
  return ((a << 24) | (b << 16) | (c << 8) | (source[at + 3] as number)) >>> 0
}
