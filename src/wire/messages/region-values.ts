/** Shapes of FlareDB's own values: regions, queries, commands, what comes of them. Part of every message that carries them. */

import type {
  FoundRow,
  Lock,
  Mutation,
  NamespaceId,
  RegionAnswer,
  RegionCommand,
  RegionDescriptor,
  RegionEpoch,
  RegionId,
  RegionOrder,
  RegionPeer,
  RegionQuery,
  RegionRefusal,
  RegionResult,
  RoutedRegion,
  SessionMark,
  SplitIds,
  Timestamp,
  WriteOp,
} from '../../core/region/types.ts'
import {
  bool,
  branded,
  bytes,
  count,
  id,
  list,
  oneOf,
  optional,
  type Schema,
  struct,
  text,
  union,
} from '../schema.ts'
import { node } from './group.ts'
import { peer } from './raft.ts'

/** The doors refuse longer ones, by name; these are the caps for any one part. */
const KEY_BYTES = 16 * 1024
const VALUE_BYTES = 2 * 1024 * 1024
const ROWS = 1 << 16
const INCARNATION = 64
const REGIONS = 1024
/** Transactions that one reader may have pushed out of its way. */
const PASSING = 1024
export const PEERS = 64
/** Parts of one split. */
const PARTS = 256

export const key = bytes(KEY_BYTES)
const value = bytes(VALUE_BYTES)
export const region: Schema<RegionId> = branded(count)
export const namespace: Schema<NamespaceId> = branded(count)
export const timestamp: Schema<Timestamp> = branded(id)
const keys = list(key, ROWS)

export const epoch: Schema<RegionEpoch> = struct({ version: count, confVer: count })

export const regionPeer: Schema<RegionPeer> = struct({
  peer,
  store: node,
  incarnation: text(INCARNATION),
  role: oneOf('voter', 'learner'),
})

export const descriptor: Schema<RegionDescriptor> = struct({
  id: region,
  namespace,
  from: key,
  to: key,
  epoch,
  peers: list(regionPeer, PEERS),
})

export const routedRegion: Schema<RoutedRegion> = struct({ descriptor, leader: optional(node) })

export const splitIds: Schema<SplitIds> = struct({ region, peers: list(peer, PEERS) })

export const lock: Schema<Lock> = struct({
  key,
  primary: key,
  primaryNamespace: namespace,
  start: timestamp,
  ttlMs: count,
})

const foundRow: Schema<FoundRow> = struct({ key, value, version: timestamp })
const locks = list(lock, ROWS)
const passing = list(timestamp, PASSING)

export const regionQuery: Schema<RegionQuery> = union('op', {
  get: struct({ keys, at: optional(timestamp), passing }),
  scan: struct({
    from: key,
    to: key,
    limit: count,
    reverse: bool,
    keysOnly: bool,
    at: optional(timestamp),
    passing,
  }),
  checksum: struct({ from: key, to: key, at: optional(timestamp), passing }),
  locks: struct({ from: key, to: key, before: timestamp, limit: count }),
})

export const regionAnswer: Schema<RegionAnswer> = union('op', {
  get: struct({ rows: list(foundRow, ROWS), looked: count }),
  scan: struct({ rows: list(foundRow, ROWS), next: optional(key) }),
  checksum: struct({ rows: count, bytes: count, hash: id, next: optional(key) }),
  locks: struct({ locks, next: optional(key) }),
  locked: struct({ locks }),
  'too-old': struct({ safePoint: timestamp }),
})

const writeOp: Schema<WriteOp> = struct({
  key,
  action: oneOf('put', 'delete'),
  value,
  ttlMs: count,
  expect: optional(timestamp),
})

const mutation: Schema<Mutation> = struct({
  key,
  action: oneOf('put', 'insert', 'delete', 'lock'),
  value,
})

const sessionMark: Schema<SessionMark> = struct({
  session: timestamp,
  sequence: count,
  answeredBelow: count,
})

export const regionCommand: Schema<RegionCommand> = union('op', {
  write: struct({ ops: list(writeOp, ROWS), session: optional(sessionMark) }),
  'delete-range': struct({ from: key, to: key, limit: count }),
  prewrite: struct({
    start: timestamp,
    primary: key,
    primaryNamespace: namespace,
    ttlMs: count,
    mutations: list(mutation, ROWS),
    onePhase: bool,
  }),
  commit: struct({ start: timestamp, commit: timestamp, keys }),
  rollback: struct({ start: timestamp, keys }),
  'check-txn': struct({
    primary: key,
    start: timestamp,
    now: timestamp,
    reader: optional(timestamp),
  }),
  'txn-alive': struct({ primary: key, start: timestamp, ttlMs: count }),
  collect: struct({ safePoint: timestamp, from: key, limit: count }),
})

export const regionResult: Schema<RegionResult> = union('op', {
  written: struct({ version: timestamp }),
  mismatch: struct({ versions: list(timestamp, ROWS) }),
  deleted: struct({ keys: count, next: optional(key) }),
  prewritten: struct({ committed: optional(timestamp) }),
  committed: struct({}),
  'rolled-back': struct({}),
  collected: struct({ rows: count, next: optional(key) }),
  'txn-is': struct({
    fate: oneOf('alive', 'committed', 'rolled-back'),
    commit: optional(timestamp),
    ttlMs: count,
  }),
  locked: struct({ locks }),
  conflict: struct({
    key,
    reason: oneOf('newer-version', 'rolled-back', 'exists', 'commit-too-low', 'committed'),
    version: timestamp,
  }),
  undetermined: struct({}),
})

export const regionRefusal: Schema<RegionRefusal> = union('reason', {
  'not-leader': struct({ leader: optional(node) }),
  epoch: struct({ regions: list(routedRegion, REGIONS) }),
  'not-here': struct({}),
  busy: struct({ retryMs: count }),
  'not-ready': struct({}),
  'no-space': struct({}),
  'eventual-namespace': struct({}),
  'too-large': struct({}),
})

export const regionOrder: Schema<RegionOrder> = union('order', {
  'add-learner': struct({ peer, store: node, incarnation: text(INCARNATION) }),
  switch: struct({ promote: list(peer, PEERS), demote: list(peer, PEERS) }),
  remove: struct({ peer }),
  transfer: struct({ to: peer }),
  split: struct({ keys: list(key, PARTS), children: list(splitIds, PARTS) }),
})
