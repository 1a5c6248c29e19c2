/**
 * Chainfire's replicated state as rows: versions of keys by revision, leases, and the one row that says
 * how far the others go. Pure functions from the machine's writes to store operations, and back.
 *
 * Promises: what is read back is what was written, or `CorruptRecord` says which row is damaged. Leaves
 * to others: which rows there must be (`core/kv`), when to write them, and syncing.
 */

import type { Bytes } from '../base/bytes.ts'
import { getUint64, putUint64 } from '../base/bytes.ts'
import type { KvMeta, KvWrite, LeaseRecord } from '../core/kv/applied.ts'
import type { HistoryRow } from '../core/kv/machine.ts'
import type { RestoredRow } from '../core/kv/restore.ts'
import type { KeyValue } from '../core/kv/types.ts'
import type { RevisionId } from '../core/mvcc/revision.ts'
import type { GroupKeys } from './keyspace.ts'
import {
  CorruptRecord,
  openRecord,
  RECORD_HEAD_BYTES,
  roomForRecord,
  sealInPlace,
  sealRecord,
} from './record.ts'
import type { KeyRange, Row, StoreOp } from './store.ts'

// A version: kind (1) | create revision (8) | version (8) | lease (8) | key length (4) | key | value.
// A tombstone: kind (1) | key.
const PUT = 0
const TOMBSTONE = 1
const PUT_HEAD_BYTES = 29
const LEASE_BYTES = 24
const META_BYTES = 48

export function kvOps(keys: GroupKeys, writes: readonly KvWrite[]): StoreOp[] {
  return writes.map((write) => kvOp(keys, write))
}

function kvOp(keys: GroupKeys, write: KvWrite): StoreOp {
  switch (write.row) {
    case 'put':
      return putVersion(keys.revision(write.at.main, write.at.sub), write.kv)
    case 'tombstone':
      return putTombstone(keys.revision(write.at.main, write.at.sub), write.key)
    case 'drop':
      return { type: 'delete', key: keys.revision(write.at.main, write.at.sub) }
    case 'lease':
      return putLease(keys.lease(write.lease.id), write.lease)
    case 'lease-drop':
      return { type: 'delete', key: keys.lease(write.id) }
    case 'meta':
      return putMeta(keys.applied(), write.meta)
  }
}

/** All versions from one revision up to another, both inclusive: what watchers catch up from. */
export function revisionRange(keys: GroupKeys, from: number, to: number): KeyRange {
  return { from: keys.revision(from, 0), to: keys.revision(to + 1, 0) }
}

/** One version, as history readers need it: `kv` is undefined for a tombstone. */
export function readVersion(keys: GroupKeys, row: Row): HistoryRow {
  const at = revisionAt(keys, row[0])
  const payload = openRecord(row[0], row[1])
  if (payload[0] === TOMBSTONE) return { at, key: payload.slice(1), kv: undefined }
  const kv = readPut(at, payload)
  return { at, key: kv.key, kv }
}

/** The pair that a version holds; a tombstone here means that the index and the rows disagree. */
export function readKeyValue(keys: GroupKeys, at: RevisionId, value: Bytes | undefined): KeyValue {
  const key = keys.revision(at.main, at.sub)
  if (value === undefined) throw new CorruptRecord(`version ${at.main}.${at.sub} is missing`)
  const payload = openRecord(key, value)
  if (payload[0] !== PUT) throw new CorruptRecord(`version ${at.main}.${at.sub} is a tombstone`)
  return readPut(at, payload)
}

/** One version without its value: what a restore needs. */
export function readRestored(keys: GroupKeys, row: Row): RestoredRow {
  const at = revisionAt(keys, row[0])
  const payload = openRecord(row[0], row[1])
  if (payload[0] === TOMBSTONE) return { at, key: payload.slice(1), tombstone: true }
  checkPut(at, payload)
  return {
    at,
    key: payload.slice(PUT_HEAD_BYTES, PUT_HEAD_BYTES + keyLength(payload)),
    tombstone: false,
    createRevision: getUint64(payload, 1),
    version: getUint64(payload, 9),
    lease: viewOf(payload).getBigInt64(17),
  }
}

export function readLease(keys: GroupKeys, row: Row): LeaseRecord {
  const payload = openRecord(row[0], row[1])
  if (payload.length !== LEASE_BYTES) throw new CorruptRecord('a lease of the wrong size')
  return {
    id: viewOf(row[0]).getBigInt64(keys.tailAt),
    ttl: getUint64(payload, 0),
    remaining: getUint64(payload, 8),
    granted: getUint64(payload, 16),
  }
}

export function readMeta(keys: GroupKeys, value: Bytes): KvMeta {
  const payload = openRecord(keys.applied(), value)
  if (payload.length !== META_BYTES) throw new CorruptRecord('applied state of the wrong size')
  return {
    appliedIndex: getUint64(payload, 0),
    appliedTerm: getUint64(payload, 8),
    revision: getUint64(payload, 16),
    compactRevision: getUint64(payload, 24) - 1,
    scrubbedRevision: getUint64(payload, 32) - 1,
    hash: getUint64(payload, 40),
  }
}

function putVersion(key: Bytes, kv: KeyValue): StoreOp {
  const at = RECORD_HEAD_BYTES
  const record = roomForRecord(PUT_HEAD_BYTES + kv.key.length + kv.value.length)
  const view = viewOf(record)
  record[at] = PUT
  putUint64(record, at + 1, kv.createRevision)
  putUint64(record, at + 9, kv.version)
  view.setBigInt64(at + 17, kv.lease)
  view.setUint32(at + 25, kv.key.length)
  record.set(kv.key, at + PUT_HEAD_BYTES)
  record.set(kv.value, at + PUT_HEAD_BYTES + kv.key.length)
  return { type: 'put', key, value: sealInPlace(key, record) }
}

function putTombstone(key: Bytes, deleted: Bytes): StoreOp {
  const record = roomForRecord(1 + deleted.length)
  record[RECORD_HEAD_BYTES] = TOMBSTONE
  record.set(deleted, RECORD_HEAD_BYTES + 1)
  return { type: 'put', key, value: sealInPlace(key, record) }
}

function putLease(key: Bytes, lease: LeaseRecord): StoreOp {
  const payload = new Uint8Array(LEASE_BYTES)
  putUint64(payload, 0, lease.ttl)
  putUint64(payload, 8, lease.remaining)
  putUint64(payload, 16, lease.granted)
  return { type: 'put', key, value: sealRecord(key, payload) }
}

/** Revisions that may be -1 (never) are kept one higher. */
function putMeta(key: Bytes, meta: KvMeta): StoreOp {
  const payload = new Uint8Array(META_BYTES)
  putUint64(payload, 0, meta.appliedIndex)
  putUint64(payload, 8, meta.appliedTerm)
  putUint64(payload, 16, meta.revision)
  putUint64(payload, 24, meta.compactRevision + 1)
  putUint64(payload, 32, meta.scrubbedRevision + 1)
  putUint64(payload, 40, meta.hash)
  return { type: 'put', key, value: sealRecord(key, payload) }
}

function readPut(at: RevisionId, payload: Bytes): KeyValue {
  checkPut(at, payload)
  const valueAt = PUT_HEAD_BYTES + keyLength(payload)
  return {
    key: payload.slice(PUT_HEAD_BYTES, valueAt),
    value: payload.slice(valueAt),
    createRevision: getUint64(payload, 1),
    modRevision: at.main,
    version: getUint64(payload, 9),
    lease: viewOf(payload).getBigInt64(17),
  }
}

function checkPut(at: RevisionId, payload: Bytes): void {
  const whole =
    payload[0] === PUT &&
    payload.length >= PUT_HEAD_BYTES &&
    payload.length >= PUT_HEAD_BYTES + keyLength(payload)
  if (!whole) throw new CorruptRecord(`version ${at.main}.${at.sub} is not a version`)
}

const keyLength = (payload: Bytes): number => viewOf(payload).getUint32(25)

function revisionAt(keys: GroupKeys, key: Bytes): RevisionId {
  return { main: getUint64(key, keys.tailAt), sub: viewOf(key).getUint32(keys.tailAt + 8) }
}

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
