/**
 * A group's Raft state as rows, but for its entries (`log-rows.ts`): hard state and the log's base. Pure
 * functions to store operations, and back.
 *
 * Promises: what is read back is what was written, or an error that names what is damaged. Leaves to
 * others: when to write, and syncing.
 */

import { type Bytes, getUint64, putUint64 } from '../base/bytes.ts'
import { type PeerId, peerId } from '../base/ids.ts'
import type { HardState, SnapshotMeta } from '../core/raft/types.ts'
import type { GroupKeys } from './keyspace.ts'
import { CorruptRecord, openRecord, sealRecord } from './record.ts'
import type { StoreOp } from './store.ts'

/** Stands for "voted for nobody": peer ids begin at 1. */
const NO_VOTE = 0

/** Records what the log begins after, alone: for founders and installed snapshots. */
export function baseOp(keys: GroupKeys, base: SnapshotMeta): StoreOp {
  return putRow(keys.logStart(), packBase(base))
}

export function hardStateOp(keys: GroupKeys, state: HardState): StoreOp {
  return putRow(keys.hardState(), packHardState(state))
}

export function readHardState(keys: GroupKeys, value: Bytes): HardState {
  const key = keys.hardState()
  const payload = openRecord(key, value)
  if (payload.length !== 24)
    throw new CorruptRecord(`hard state has ${payload.length} bytes, not 24`)
  const vote = getUint64(payload, 8)
  return {
    term: getUint64(payload, 0),
    vote: vote === NO_VOTE ? undefined : peerId(vote),
    commit: getUint64(payload, 16),
  }
}

export function readBase(keys: GroupKeys, value: Bytes): SnapshotMeta {
  const payload = openRecord(keys.logStart(), value)
  return JSON.parse(new TextDecoder().decode(payload)) as SnapshotMeta
}

function putRow(key: Bytes, payload: Bytes): StoreOp {
  return { type: 'put', key, value: sealRecord(key, payload) }
}

function packHardState(state: HardState): Bytes {
  const payload = new Uint8Array(24)
  putUint64(payload, 0, state.term)
  putUint64(payload, 8, state.vote ?? (NO_VOTE as PeerId))
  putUint64(payload, 16, state.commit)
  return payload
}

/** A handful of numbers, written rarely: readable beats small. */
function packBase(base: SnapshotMeta): Bytes {
  return new TextEncoder().encode(JSON.stringify(base))
}
