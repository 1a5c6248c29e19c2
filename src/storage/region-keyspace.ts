/**
 * Where the data of one namespace lies. Rows do not name their region, so that a split moves none.
 *
 * A key is escaped, 0x00 as 0x00 0xff and its end as 0x00 0x01: escaped keys stand in the order of the keys, and what
 * follows one never counts for another. Timestamps are turned over: a key's newest version comes first.
 */

import { assert } from '../base/assert.ts'
import { type Bytes, prefixEnd } from '../base/bytes.ts'
import { getInverted, putInverted } from '../base/uint64.ts'
import type { Range } from '../core/region/descriptor.ts'
import type { Position, VersionSpan } from '../core/region/rows.ts'
import { LATEST } from '../core/region/timestamps.ts'
import { type NamespaceId, type Timestamp, timestamp } from '../core/region/types.ts'
import { CorruptRecord, formatKey } from './record.ts'
import type { KeyRange } from './store.ts'

const DATA = 0x64
const VERSIONS = 0x77
const LOCKS = 0x6b
const PREFIX_BYTES = 6
const TIMESTAMP_BYTES = 8
const ESCAPED = 0xff
const END = 0x01

/** The data keys of one namespace. */
export class NamespaceKeys {
  readonly #namespace: NamespaceId

  constructor(namespace: NamespaceId) {
    assert(namespace >= 0 && namespace <= 0xffff_ffff, 'a namespace has four bytes')
    this.#namespace = namespace
  }

  version(key: Bytes, commit: Timestamp): Bytes {
    const row = this.#row(VERSIONS, key, TIMESTAMP_BYTES)
    putInverted(row, row.length - TIMESTAMP_BYTES, commit)
    return row
  }

  lock(key: Bytes): Bytes {
    return this.#row(LOCKS, key, 0)
  }

  versionSpan(span: VersionSpan): KeyRange {
    return { from: this.#position(span.from), to: this.#upTo(span.to), reverse: span.reverse }
  }

  /** All versions of a range of keys. */
  versions(range: Range): KeyRange {
    return {
      from: this.#position({ key: range.from, at: LATEST }),
      to: this.#upTo(range.to.length === 0 ? undefined : { key: range.to, at: LATEST }),
    }
  }

  /** All locks of a range of keys. */
  locks(range: Range): KeyRange {
    return {
      from: this.lock(range.from),
      to: range.to.length === 0 ? this.#roomEnd(LOCKS) : this.lock(range.to),
    }
  }

  #position({ key, at }: Position): Bytes {
    return this.version(key, at)
  }

  #upTo(to: Position | undefined): Bytes {
    return to === undefined ? this.#roomEnd(VERSIONS) : this.#position(to)
  }

  #roomEnd(room: number): Bytes {
    const end = prefixEnd(this.#prefixed(room, 0))
    assert(end !== undefined, 'every room has an end')
    return end
  }

  #row(room: number, key: Bytes, tail: number): Bytes {
    let zeroes = 0
    for (let i = 0; i < key.length; i++) if (key[i] === 0) zeroes++
    const row = this.#prefixed(room, key.length + zeroes + 2 + tail)
    const end = escapeInto(row, PREFIX_BYTES, key, zeroes)
    row[end + 1] = END
    return row
  }

  #prefixed(room: number, length: number): Bytes {
    const row = new Uint8Array(PREFIX_BYTES + length)
    const namespace = this.#namespace
    row[0] = DATA
    row[1] = namespace >>> 24
    row[2] = namespace >>> 16
    row[3] = namespace >>> 8
    row[4] = namespace
    row[5] = room
    return row
  }
}

/** The key and commit timestamp in what `version` made. */
export function versionOf(row: Bytes): Position {
  const end = row.length - TIMESTAMP_BYTES
  return { key: unescaped(row, end), at: timestamp(getInverted(row, end)) }
}

/** The key in what `lock` made. */
export const lockedKeyOf = (row: Bytes): Bytes => unescaped(row, row.length)

/** Everything that any namespace has here: for tests and tools. */
export const ALL_DATA: KeyRange = { from: Uint8Array.of(DATA), to: Uint8Array.of(DATA + 1) }

/** Where the escaped key ends; its terminator is not written. */
function escapeInto(row: Bytes, at: number, key: Bytes, zeroes: number): number {
  if (zeroes === 0) {
    row.set(key, at)
    return at + key.length
  }
  for (const byte of key) {
    row[at++] = byte
    if (byte === 0) row[at++] = ESCAPED
  }
  return at
}

/** The key between the prefix and `end`. A view where nothing was escaped. */
function unescaped(row: Bytes, end: number): Bytes {
  const to = end - 2
  if (to < PREFIX_BYTES || row[to] !== 0 || row[to + 1] !== END) throw malformed(row)
  const first = row.indexOf(0, PREFIX_BYTES)
  if (first === to) return row.subarray(PREFIX_BYTES, to)
  const key = new Uint8Array(to - PREFIX_BYTES)
  let length = 0
  for (let at = PREFIX_BYTES; at < to; at++) {
    const byte = row[at] as number
    key[length++] = byte
    if (byte === 0 && row[++at] !== ESCAPED) throw malformed(row)
  }
  return key.subarray(0, length)
}

const malformed = (row: Bytes): CorruptRecord =>
  new CorruptRecord(`a data row under a malformed key: ${formatKey(row)}`)
