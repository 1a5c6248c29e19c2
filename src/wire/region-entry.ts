/**
 * The bytes of a region's log entry. Made once, by the leader; log, links and every replica carry the same.
 *
 *     version (1) | kind (1) | body
 *     data: epoch's version (8) | flags (1) | session, safe point, freed, each if flagged | rows (4) | each row
 *     a row: kind (1) | key, sized | version: commit (8), payload, sized | drop: commit (8) | lock: payload, sized
 *
 * What comes seldom is a msgpack tuple with a schema. Bytes that do not decode are a bug or a broken disk:
 * `MalformedMessage`, which the caller treats as fatal.
 */

import type { Bytes } from '../base/bytes.ts'
import { Slab } from '../base/slab.ts'
import type { DataEntry, RegionEntry, SessionAnswer, Size } from '../core/region/entry.ts'
import type { RegionWrite } from '../core/region/rows.ts'
import { timestamp } from '../core/region/types.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { epoch, key, regionPeer, splitIds, timestamp as stamp } from './messages/region-values.ts'
import { pack, unpack } from './pack.ts'
import {
  lockPayloadBytes,
  readLockPayload,
  readVersionPayload,
  versionPayloadBytes,
  writeLockPayload,
  writeVersionPayload,
} from './region-rows.ts'
import { count, list, MalformedMessage, type Schema, struct, union } from './schema.ts'

const VERSION = 1
const DATA = 0
const OTHER = 1
const HEAD_BYTES = 2
const PARTS = 256

const SESSION = 0x01
const SAFE_POINT = 0x02
const FREED = 0x04
const DATA_HEAD_BYTES = HEAD_BYTES + 8 + 1 + 4
const SESSION_BYTES = 32
const SAFE_POINT_BYTES = 8
const FREED_BYTES = 16

const ROWS = ['version', 'drop', 'lock', 'unlock'] as const
/** The least a row takes: kind and length of an empty key. */
const ROW_MIN_BYTES = 5

type OtherEntry = Exclude<RegionEntry, DataEntry>

const size: Schema<Size> = struct({ rows: count, bytes: count })
const other: Schema<OtherEntry> = union('type', {
  split: struct({
    epoch,
    driverEpoch: count,
    keys: list(key, PARTS),
    children: list(splitIds, PARTS),
    sizes: list(size, PARTS),
  }),
  announce: struct({ epoch, driverEpoch: count, peer: regionPeer }),
  driver: struct({ driverEpoch: count }),
  digest: struct({ version: count, at: stamp }),
})

/** Entries live as long as the log's tail is in memory. */
const slab = new Slab()

export function encodeRegionEntry(entry: RegionEntry): Bytes {
  if (entry.type === 'data') return encodeData(entry)
  const bytes = pack(other.encode(entry), HEAD_BYTES)
  bytes[0] = VERSION
  bytes[1] = OTHER
  return bytes
}

/** Keys and values are views of `bytes`, which must not change afterwards. */
export function decodeRegionEntry(bytes: Bytes): RegionEntry {
  const from = new ByteReader(bytes)
  const version = from.byte()
  if (version !== VERSION) throw new MalformedMessage('version', `${VERSION}, not ${version}`)
  const kind = from.byte()
  if (kind === DATA) return decodeData(from)
  if (kind !== OTHER) throw new MalformedMessage('kind', 'one of this version')
  return other.decode(unpack(bytes, HEAD_BYTES))
}

function encodeData(entry: DataEntry): Bytes {
  const { session, safePoint, freed, writes } = entry
  const hasFreed = freed.rows > 0 || freed.bytes > 0
  let length = DATA_HEAD_BYTES
  if (session !== undefined) length += SESSION_BYTES
  if (safePoint !== undefined) length += SAFE_POINT_BYTES
  if (hasFreed) length += FREED_BYTES
  for (const write of writes) length += rowBytes(write)

  const into = new ByteWriter(slab.take(length))
  into.byte(VERSION)
  into.byte(DATA)
  into.count(entry.version)
  into.byte(
    (session === undefined ? 0 : SESSION) |
      (safePoint === undefined ? 0 : SAFE_POINT) |
      (hasFreed ? FREED : 0),
  )
  if (session !== undefined) writeSession(into, session)
  if (safePoint !== undefined) into.uint64(safePoint)
  if (hasFreed) {
    into.count(freed.rows)
    into.count(freed.bytes)
  }
  into.uint32(writes.length)
  for (const write of writes) writeRow(into, write)
  return into.end()
}

function decodeData(from: ByteReader): DataEntry {
  const version = from.count()
  const flags = from.byte()
  if (flags > (SESSION | SAFE_POINT | FREED)) throw new MalformedMessage('flags', 'known ones')
  const session = (flags & SESSION) === 0 ? undefined : readSession(from)
  const safePoint = (flags & SAFE_POINT) === 0 ? undefined : timestamp(from.uint64())
  const freed =
    (flags & FREED) === 0 ? { rows: 0, bytes: 0 } : { rows: from.count(), bytes: from.count() }
  const rows = from.uint32()
  if (rows * ROW_MIN_BYTES > from.left) throw new MalformedMessage('rows', 'as many as counted')
  const writes: RegionWrite[] = []
  for (let i = 0; i < rows; i++) writes.push(readRow(from))
  from.end()
  return { type: 'data', version, writes, freed, session, safePoint }
}

function writeSession(into: ByteWriter, { mark, version }: SessionAnswer): void {
  into.uint64(mark.session)
  into.count(mark.sequence)
  into.count(mark.answeredBelow)
  into.uint64(version)
}

function readSession(from: ByteReader): SessionAnswer {
  const session = timestamp(from.uint64())
  const mark = { session, sequence: from.count(), answeredBelow: from.count() }
  return { mark, version: timestamp(from.uint64()) }
}

function rowBytes(write: RegionWrite): number {
  switch (write.row) {
    case 'version':
      return ROW_MIN_BYTES + write.version.key.length + 12 + versionPayloadBytes(write.version)
    case 'drop':
      return ROW_MIN_BYTES + write.key.length + 8
    case 'lock':
      return ROW_MIN_BYTES + write.lock.key.length + 4 + lockPayloadBytes(write.lock)
    case 'unlock':
      return ROW_MIN_BYTES + write.key.length
  }
}

function writeRow(into: ByteWriter, write: RegionWrite): void {
  into.byte(ROWS.indexOf(write.row))
  switch (write.row) {
    case 'version':
      into.sized(write.version.key)
      into.uint64(write.version.commit)
      into.uint32(versionPayloadBytes(write.version))
      writeVersionPayload(into, write.version)
      break
    case 'drop':
      into.sized(write.key)
      into.uint64(write.commit)
      break
    case 'lock':
      into.sized(write.lock.key)
      into.uint32(lockPayloadBytes(write.lock))
      writeLockPayload(into, write.lock)
      break
    case 'unlock':
      into.sized(write.key)
      break
  }
}

function readRow(from: ByteReader): RegionWrite {
  const row = ROWS[from.byte()]
  const key = from.sized()
  switch (row) {
    case 'version': {
      const commit = timestamp(from.uint64())
      return { row, version: readVersionPayload(key, commit, from.sized()) }
    }
    case 'drop':
      return { row, key, commit: timestamp(from.uint64()) }
    case 'lock':
      return { row, lock: readLockPayload(key, from.sized()) }
    case 'unlock':
      return { row, key }
    default:
      throw new MalformedMessage('row', `one of ${ROWS.join(', ')}`)
  }
}
