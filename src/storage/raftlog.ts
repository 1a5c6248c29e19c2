/**
 * A group's Raft state as rows: hard state, the log's base, one row per entry. Pure functions from what
 * Raft wants kept to store operations, and back.
 *
 * Promises: what is read back is what was written, or an error that names what is damaged or missing; a
 * log with a hole is never returned. Leaves to others: when to write, and syncing.
 */

import { assert } from '../base/assert.ts'
import { type Bytes, getUint64, putUint64 } from '../base/bytes.ts'
import { type PeerId, peerId } from '../base/ids.ts'
import type { Entry, HardState, SnapshotMeta } from '../core/raft/types.ts'
import type { GroupKeys } from './keyspace.ts'
import {
  CorruptRecord,
  openRecord,
  RECORD_HEAD_BYTES,
  roomForRecord,
  sealInPlace,
  sealRecord,
} from './record.ts'
import type { Row, StoreOp } from './store.ts'

const ENTRY_HEAD_BYTES = 9
const ENTRY_KINDS = ['noop', 'data', 'config'] as const
/** Stands for "voted for nobody": peer ids begin at 1. */
const NO_VOTE = 0

/** The operations of one `persist` effect: first the cut, then what is new. */
export function persistOps(
  keys: GroupKeys,
  persist: {
    readonly hardState: HardState | undefined
    readonly truncate: { readonly from: number; readonly to: number } | undefined
    readonly entries: readonly Entry[]
  },
): StoreOp[] {
  const ops = persist.truncate === undefined ? [] : deleteEntries(keys, persist.truncate)
  for (const entry of persist.entries) ops.push(entryRow(keys, entry))
  if (persist.hardState) ops.push(putRow(keys.hardState(), packHardState(persist.hardState)))
  return ops
}

/** Drops the entries from..to (inclusive) and records what the log now begins after. */
export function compactLogOps(
  keys: GroupKeys,
  cut: { readonly base: SnapshotMeta; readonly from: number; readonly to: number },
): StoreOp[] {
  return [...deleteEntries(keys, cut), baseOp(keys, cut.base)]
}

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

/** One entry from its row, for catching up a follower. */
export function readEntry(keys: GroupKeys, row: Row): Entry {
  const [key, value] = row
  const payload = openRecord(key, value)
  const kind = ENTRY_KINDS[payload[8] as number]
  if (payload.length < ENTRY_HEAD_BYTES || kind === undefined) {
    throw new CorruptRecord('a log entry of unknown kind')
  }
  return {
    index: getUint64(key, keys.tailAt),
    term: getUint64(payload, 0),
    kind,
    data: payload.slice(ENTRY_HEAD_BYTES),
  }
}

/** Puts the log together from its pages, in key order, and finds holes. */
export class RaftLogReader {
  readonly #keys: GroupKeys
  readonly #base: SnapshotMeta
  readonly #entries: Entry[] = []

  constructor(keys: GroupKeys, base: SnapshotMeta) {
    this.#keys = keys
    this.#base = base
  }

  /** Rows at or before the base may be left from a compaction that did not get to delete them all. */
  add(rows: readonly Row[]): void {
    for (const row of rows) {
      const entry = readEntry(this.#keys, row)
      if (entry.index <= this.#base.index) continue
      const expected = this.#base.index + this.#entries.length + 1
      if (entry.index !== expected) {
        throw new CorruptRecord(`log entries ${expected} to ${entry.index - 1} are missing`)
      }
      this.#entries.push(entry)
    }
  }

  /** The whole log behind the base. Throws when it ends before what this disk has already applied. */
  finish(applied: number): readonly Entry[] {
    const last = this.#base.index + this.#entries.length
    if (last < applied) {
      throw new CorruptRecord(`the log ends at ${last}, but ${applied} was already applied`)
    }
    return this.#entries
  }
}

function deleteEntries(keys: GroupKeys, cut: { from: number; to: number }): StoreOp[] {
  const ops: StoreOp[] = []
  for (let index = cut.from; index <= cut.to; index++) {
    ops.push({ type: 'delete', key: keys.entry(index) })
  }
  return ops
}

function putRow(key: Bytes, payload: Bytes): StoreOp {
  return { type: 'put', key, value: sealRecord(key, payload) }
}

function entryRow(keys: GroupKeys, entry: Entry): StoreOp {
  const kind = ENTRY_KINDS.indexOf(entry.kind)
  assert(kind >= 0, 'every kind of entry has a number on disk')
  const key = keys.entry(entry.index)
  const at = RECORD_HEAD_BYTES
  const record = roomForRecord(ENTRY_HEAD_BYTES + entry.data.length)
  putUint64(record, at, entry.term)
  record[at + 8] = kind
  record.set(entry.data, at + ENTRY_HEAD_BYTES)
  return { type: 'put', key, value: sealInPlace(key, record) }
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
