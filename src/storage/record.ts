/**
 * Checksummed values. Each value on disk carries a CRC-32 over its key and payload, so that a torn, rotten or
 * misplaced one is found at the first read and named, and never silently used.
 *
 * Layout: version (1 byte, now 1) | CRC-32 of key, then payload (4 bytes, big-endian) | payload.
 */

import { crc32 } from 'node:zlib'
import type { Bytes } from '../base/bytes.ts'
import { Slab } from '../base/slab.ts'

const VERSION = 1
/** Where the payload begins. */
export const RECORD_HEAD_BYTES = 5

/** Records are held until they are on disk, all about as long. */
const slab = new Slab()

/** A value on disk is not what was written under its key. The message names key and damage. */
export class CorruptRecord extends Error {
  override readonly name = 'CorruptRecord'
}

/** Room for a record whose payload the caller writes behind the head, for `sealInPlace`. */
export const roomForRecord = (payloadBytes: number): Bytes =>
  slab.take(RECORD_HEAD_BYTES + payloadBytes)

export function sealRecord(key: Bytes, payload: Bytes): Bytes {
  const record = roomForRecord(payload.length)
  record.set(payload, RECORD_HEAD_BYTES)
  return sealInPlace(key, record)
}

/** Seals a record whose payload already stands behind its head: spares the hot path a copy. */
export function sealInPlace(key: Bytes, record: Bytes): Bytes {
  record[0] = VERSION
  writeUint32(record, 1, checksum(key, record.subarray(RECORD_HEAD_BYTES)))
  return record
}

/** The payload, as a view into `record`. Throws `CorruptRecord`. */
export function openRecord(key: Bytes, record: Bytes): Bytes {
  if (record.length < RECORD_HEAD_BYTES) throw damaged(key, `${record.length} bytes are too few`)
  if (record[0] !== VERSION) throw damaged(key, `format ${record[0]} is unknown to this version`)
  const payload = record.subarray(RECORD_HEAD_BYTES)
  if (readUint32(record, 1) !== checksum(key, payload)) throw damaged(key, 'the checksum differs')
  return payload
}

function checksum(key: Bytes, payload: Bytes): number {
  return crc32(payload, crc32(key))
}

function damaged(key: Bytes, how: string): CorruptRecord {
  return new CorruptRecord(`corrupt record under ${formatKey(key)}: ${how}`)
}

/** One CRC-32 over many rows, keys and records: for what travels in one piece. */
export function checksumRows(rows: readonly (readonly [key: Bytes, record: Bytes])[]): number {
  let sum = 0
  for (const [key, record] of rows) sum = crc32(record, crc32(key, sum))
  return sum
}

/** A key for people: printable ASCII as it is, everything else as \xx. */
export function formatKey(key: Bytes): string {
  let text = ''
  for (const byte of key) {
    const printable = byte >= 0x21 && byte <= 0x7e && byte !== 0x5c
    text += printable ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, '0')}`
  }
  return text
}

function writeUint32(target: Bytes, at: number, value: number): void {
  target[at] = value >>> 24
  target[at + 1] = value >>> 16
  target[at + 2] = value >>> 8
  target[at + 3] = value
}

function readUint32(source: Bytes, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = source.subarray(at, at + 4)
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
}
