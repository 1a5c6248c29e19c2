/**
 * The payloads of versions and locks, without what their keys say already: the same bytes in a log entry and in
 * a record on disk.
 *
 *     version: flags (1) | start (8), unless it is the commit | expiry (8), if any | value
 *     lock: action (1) | start (8) | min commit (8) | ttl (8) | primary's namespace (8) | primary, sized | value
 */

import type { Bytes } from '../base/bytes.ts'
import type { LockRow, VersionKind, VersionRow } from '../core/region/rows.ts'
import { namespaceId, type Timestamp, timestamp } from '../core/region/types.ts'
import { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { MalformedMessage } from './schema.ts'

const KINDS = ['put', 'delete', 'lock', 'rollback'] as const satisfies readonly VersionKind[]
const KIND_MASK = 0x03
const OVERLAPPED = 0x04
const HAS_START = 0x08
const HAS_EXPIRY = 0x10
const DECISIVE = 0x20
const FLAGS_KNOWN = KIND_MASK | OVERLAPPED | HAS_START | HAS_EXPIRY | DECISIVE

const ACTIONS = ['put', 'delete', 'lock'] as const satisfies readonly LockRow['action'][]
const LOCK_HEAD_BYTES = 37

export function versionPayloadBytes(version: VersionRow): number {
  const start = version.start === version.commit ? 0 : 8
  return 1 + start + (version.expiryMs === 0 ? 0 : 8) + version.value.length
}

export function writeVersionPayload(into: ByteWriter, version: VersionRow): void {
  const { kind, overlapped, decisive, start, commit, expiryMs, value } = version
  const hasStart = start !== commit
  into.byte(
    KINDS.indexOf(kind) |
      (overlapped ? OVERLAPPED : 0) |
      (decisive ? DECISIVE : 0) |
      (hasStart ? HAS_START : 0) |
      (expiryMs === 0 ? 0 : HAS_EXPIRY),
  )
  if (hasStart) into.uint64(start)
  if (expiryMs !== 0) into.count(expiryMs)
  into.bytes(value)
}

/** The value is a view of `payload`. */
export function readVersionPayload(key: Bytes, commit: Timestamp, payload: Bytes): VersionRow {
  const from = new ByteReader(payload)
  const flags = from.byte()
  if ((flags & ~FLAGS_KNOWN) !== 0) throw new MalformedMessage('version', 'of known flags')
  const start = (flags & HAS_START) === 0 ? commit : timestamp(from.uint64())
  const expiryMs = (flags & HAS_EXPIRY) === 0 ? 0 : from.count()
  return {
    key,
    commit,
    start,
    kind: KINDS[flags & KIND_MASK] as VersionKind,
    overlapped: (flags & OVERLAPPED) !== 0,
    decisive: (flags & DECISIVE) !== 0,
    expiryMs,
    value: from.rest(),
  }
}

export const lockPayloadBytes = (lock: LockRow): number =>
  LOCK_HEAD_BYTES + lock.primary.length + lock.value.length

export function writeLockPayload(into: ByteWriter, lock: LockRow): void {
  into.byte(ACTIONS.indexOf(lock.action))
  into.uint64(lock.start)
  into.uint64(lock.minCommit)
  into.count(lock.ttlMs)
  into.count(lock.primaryNamespace)
  into.sized(lock.primary)
  into.bytes(lock.value)
}

/** Primary and value are views of `payload`. */
export function readLockPayload(key: Bytes, payload: Bytes): LockRow {
  const from = new ByteReader(payload)
  const action = ACTIONS[from.byte()]
  if (action === undefined) throw new MalformedMessage('lock', 'of a known action')
  return {
    key,
    action,
    start: timestamp(from.uint64()),
    minCommit: timestamp(from.uint64()),
    ttlMs: from.count(),
    primaryNamespace: namespaceId(from.count()),
    primary: from.sized(),
    value: from.rest(),
  }
}
