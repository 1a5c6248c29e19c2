/**
 * A region's replicated state as rows: versions, locks, how far it is applied, its descriptor, its sessions. Pure
 * functions to store operations and back.
 *
 * Promises: what is read back is what was written, or `CorruptRecord` says which row is damaged. Leaves to
 * others: which rows there must be (`core/region`), when to write them, and syncing.
 */

import { type Bytes, getUint64, putUint64 } from '../base/bytes.ts'
import { getBigUint64, putBigUint64 } from '../base/uint64.ts'
import type {
  ReplicaChanges,
  ReplicaMeta,
  SessionChanges,
  SessionRecord,
} from '../core/region/applied.ts'
import type { LockRow, RegionWrite, VersionRow } from '../core/region/rows.ts'
import type { RegionDescriptor, RegionPeer } from '../core/region/types.ts'
import { timestamp } from '../core/region/types.ts'
import { ByteWriter } from '../wire/byte-writer.ts'
import { descriptor, regionPeer, timestamp as stamp } from '../wire/messages/region-values.ts'
import { pack, unpack } from '../wire/pack.ts'
import {
  lockPayloadBytes,
  readLockPayload,
  readVersionPayload,
  versionPayloadBytes,
  writeLockPayload,
  writeVersionPayload,
} from '../wire/region-rows.ts'
import { count, list, MalformedMessage, pair, type Schema, struct } from '../wire/schema.ts'
import type { GroupKeys } from './keyspace.ts'
import {
  CorruptRecord,
  formatKey,
  openRecord,
  RECORD_HEAD_BYTES,
  roomForRecord,
  sealInPlace,
  sealRecord,
} from './record.ts'
import { lockedKeyOf, type NamespaceKeys, versionOf } from './region-keyspace.ts'
import type { Row, StoreOp } from './store.ts'

interface Shape {
  readonly descriptor: RegionDescriptor
  readonly announced: readonly RegionPeer[]
}

const ANNOUNCED = 64
const ANSWERS = 1 << 12
const APPLIED_BYTES = 64

const shapeSchema: Schema<Shape> = struct({ descriptor, announced: list(regionPeer, ANNOUNCED) })
const sessionSchema: Schema<SessionRecord> = struct({
  session: stamp,
  usedAt: count,
  answeredBelow: count,
  answers: list(pair(count, stamp), ANSWERS),
})

/** Versions and locks that an entry writes or drops. */
export function regionOp(keys: NamespaceKeys, write: RegionWrite): StoreOp {
  switch (write.row) {
    case 'version':
      return putVersion(keys, write.version)
    case 'drop':
      return { type: 'delete', key: keys.version(write.key, write.commit) }
    case 'lock':
      return putLock(keys, write.lock)
    case 'unlock':
      return { type: 'delete', key: keys.lock(write.key) }
  }
}

/** What a replica knows beside its data, as far as it changed. */
export function replicaOps(keys: GroupKeys, changes: ReplicaChanges): StoreOp[] {
  const ops = [putApplied(keys, changes.meta)]
  if (changes.shape) ops.push(putShape(keys, changes.meta))
  for (const op of sessionOps(keys, changes.sessions)) ops.push(op)
  return ops
}

/** The value is a view of the row, and so may the key be. */
export function readVersionRow(row: Row): VersionRow {
  const { key, at } = versionOf(row[0])
  const payload = openRecord(row[0], row[1])
  return checked(row[0], () => readVersionPayload(key, at, payload))
}

/** Its byte strings are views of the row: a lock that is kept long is copied by whoever keeps it. */
export function readLockRow(row: Row): LockRow {
  const payload = openRecord(row[0], row[1])
  return checked(row[0], () => readLockPayload(lockedKeyOf(row[0]), payload))
}

export function readSession(row: Row): SessionRecord {
  const payload = openRecord(row[0], row[1])
  return checked(row[0], () => sessionSchema.decode(unpack(payload)))
}

/** From the two rows that `replicaOps` writes. */
export function readReplicaMeta(keys: GroupKeys, applied: Bytes, shape: Bytes): ReplicaMeta {
  return { ...readShape(keys, shape), ...readApplied(keys, applied) }
}

function readShape(keys: GroupKeys, value: Bytes): Shape {
  const key = keys.descriptor()
  // What a descriptor says is kept long, and its keys alias what they are read from.
  const payload = openRecord(key, value).slice()
  return checked(key, () => shapeSchema.decode(unpack(payload)))
}

function readApplied(keys: GroupKeys, value: Bytes): Omit<ReplicaMeta, keyof Shape> {
  const payload = openRecord(keys.applied(), value)
  if (payload.length !== APPLIED_BYTES) {
    throw new CorruptRecord("a region's applied state of the wrong size")
  }
  return {
    appliedIndex: getUint64(payload, 0),
    appliedTerm: getUint64(payload, 8),
    size: { rows: getUint64(payload, 16), bytes: getUint64(payload, 24) },
    driverEpoch: getUint64(payload, 32),
    safePoint: timestamp(getBigUint64(payload, 40)),
    highestCommit: timestamp(getBigUint64(payload, 48)),
    forgottenSession: timestamp(getBigUint64(payload, 56)),
  }
}

function putApplied(keys: GroupKeys, meta: ReplicaMeta): StoreOp {
  const key = keys.applied()
  const payload = new Uint8Array(APPLIED_BYTES)
  putUint64(payload, 0, meta.appliedIndex)
  putUint64(payload, 8, meta.appliedTerm)
  putUint64(payload, 16, meta.size.rows)
  putUint64(payload, 24, meta.size.bytes)
  putUint64(payload, 32, meta.driverEpoch)
  putBigUint64(payload, 40, meta.safePoint)
  putBigUint64(payload, 48, meta.highestCommit)
  putBigUint64(payload, 56, meta.forgottenSession)
  return { type: 'put', key, value: sealRecord(key, payload) }
}

function putShape(keys: GroupKeys, { descriptor, announced }: ReplicaMeta): StoreOp {
  const key = keys.descriptor()
  const payload = pack(shapeSchema.encode({ descriptor, announced }))
  return { type: 'put', key, value: sealRecord(key, payload) }
}

function sessionOps(keys: GroupKeys, { changed, forgotten }: SessionChanges): StoreOp[] {
  const puts = changed.map((record): StoreOp => {
    const key = keys.session(record.session)
    return { type: 'put', key, value: sealRecord(key, pack(sessionSchema.encode(record))) }
  })
  const deletes = forgotten.map((id): StoreOp => ({ type: 'delete', key: keys.session(id) }))
  return [...puts, ...deletes]
}

function putVersion(keys: NamespaceKeys, version: VersionRow): StoreOp {
  const key = keys.version(version.key, version.commit)
  const record = roomForRecord(versionPayloadBytes(version))
  writeVersionPayload(new ByteWriter(record, RECORD_HEAD_BYTES), version)
  return { type: 'put', key, value: sealInPlace(key, record) }
}

function putLock(keys: NamespaceKeys, lock: LockRow): StoreOp {
  const key = keys.lock(lock.key)
  const record = roomForRecord(lockPayloadBytes(lock))
  writeLockPayload(new ByteWriter(record, RECORD_HEAD_BYTES), lock)
  return { type: 'put', key, value: sealInPlace(key, record) }
}

/** The checksum was right, so the row was written so: a bug, or another version of this program. */
function checked<T>(key: Bytes, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    throw new CorruptRecord(`malformed record under ${formatKey(key)}: ${error.message}`)
  }
}
