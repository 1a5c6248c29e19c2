/** At least one message of every kind, with every optional part there and away. */

import { EMPTY } from '../../src/base/bytes.ts'
import { groupId, nodeName, peerId } from '../../src/base/ids.ts'
import type { RaftMessage } from '../../src/core/raft/types.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { GroupMessage } from '../../src/wire/messages/group.ts'
import type * as Lease from '../../src/wire/messages/lease.ts'
import type * as Pulse from '../../src/wire/messages/pulse.ts'
import type { RaftCarrier } from '../../src/wire/messages/raft.ts'
import type * as Snapshot from '../../src/wire/messages/snapshot.ts'
import type * as Watch from '../../src/wire/messages/watch.ts'
import { DRIVER_SAMPLES } from './driver-samples.ts'
import { REGION_SAMPLES } from './region-samples.ts'

const key = Uint8Array.of(1, 2, 3)
const value = new Uint8Array(300).fill(7)
const header = { revision: 12, term: 3 }
const kv = { key, value, createRevision: 2, modRevision: 9, version: 4, lease: -5n }
const event = { type: 'put', kv, previousRevision: 8 } as const
const node = nodeName('n3')
const group = groupId('chainfire')
const carried = { from: peerId(1), to: peerId(2), term: 2 ** 40 }
const configuration = {
  voters: [peerId(1), peerId(2)],
  outgoing: [peerId(3)],
  learners: [],
  autoLeave: true,
}
const meta = { index: 100, term: 4, configuration }
const member = { peer: peerId(4), node, incarnation: 'f00d' }
const entries = (['noop', 'data', 'config'] as const).map((kind, at) => ({
  term: 4,
  index: 10 + at,
  kind,
  data: kind === 'noop' ? EMPTY : value,
}))
const request = {
  key,
  rangeEnd: EMPTY,
  limit: -1,
  revision: 0,
  sortOrder: 'descend',
  sortTarget: 'mod',
  keysOnly: true,
  countOnly: false,
  minModRevision: 0,
  maxModRevision: 2 ** 52,
  minCreateRevision: 0,
  maxCreateRevision: 0,
  serializable: true,
} as const

const raft: readonly RaftMessage[] = [
  { kind: 'pre-vote', ...carried, lastIndex: 1, lastTerm: 2 },
  { kind: 'pre-vote-answer', ...carried, granted: true },
  { kind: 'vote', ...carried, lastIndex: 1, lastTerm: 2, transfer: false },
  { kind: 'vote-answer', ...carried, granted: false },
  { kind: 'append', ...carried, prevIndex: 9, prevTerm: 4, commit: 8, entries },
  { kind: 'append-answer', ...carried, accepted: true, index: 9, hintIndex: 0, hintTerm: 0 },
  { kind: 'commit', ...carried, commit: 9 },
  { kind: 'heartbeat', ...carried, commit: 9, round: 3, quiesce: true },
  { kind: 'heartbeat-answer', ...carried, round: 3 },
  { kind: 'read-index', ...carried, id: 5 },
  { kind: 'read-index-answer', ...carried, id: 5, index: 9 },
  { kind: 'timeout-now', ...carried },
]

const carriers: readonly RaftCarrier[] = raft.map((message) => ({
  kind: 'raft',
  incarnation: 'a1b2',
  message,
}))

const status = {
  kind: 'group.status-is',
  leader: undefined,
  role: 'learner',
  term: 1,
  lastIndex: 2,
  commitIndex: 2,
  appliedIndex: 2,
  revision: 1,
  compactRevision: -1,
  keys: 0,
  leases: 0,
  quiescent: false,
  voters: ['n1'],
  learners: [],
} as const

const groups: readonly GroupMessage[] = [
  { kind: 'kv.range', request },
  { kind: 'kv.range-done', header, response: { kvs: [kv], more: true, count: 2 } },
  {
    kind: 'kv.view',
    request: { compare: [], success: [{ op: 'range', request }], failure: [] },
  },
  {
    kind: 'kv.view-done',
    header,
    response: {
      succeeded: true,
      responses: [{ op: 'range', revision: 3, response: { kvs: [kv], more: false, count: 1 } }],
    },
  },
  { kind: 'kv.scrubbed', revision: 7 },
  { kind: 'kv.scrubbed-done', header },
  { kind: 'kv.write', command: value },
  { kind: 'kv.write-done', header, result: { op: 'put', response: { prevKv: undefined } } },
  { kind: 'kv.write-done', header, result: { op: 'put', response: { prevKv: kv } } },
  { kind: 'kv.write-done', header, result: { op: 'lease-grant', id: 2n ** 62n, ttl: 9 } },
  { kind: 'kv.write-done', header, result: { op: 'compact' } },
  {
    kind: 'kv.write-done',
    header,
    result: {
      op: 'txn',
      response: {
        succeeded: true,
        responses: [
          { op: 'txn', revision: 3, response: { succeeded: false, responses: [] } },
          { op: 'range', revision: 3, response: { kvs: [], more: false, count: 0 } },
          { op: 'delete-range', revision: 3, response: { deleted: 1, prevKvs: [kv] } },
        ],
      },
    },
  },
  { kind: 'kv.failed', header, error: 'compacted' },
  { kind: 'kv.refused', reason: 'leader-changed' },
  { kind: 'kv.refused', reason: 'timeout-disconnected' },
  { kind: 'group.forward', entries: [value, key] },
  { kind: 'group.forwarded', proposed: 2, reason: undefined },
  { kind: 'group.forwarded', proposed: 0, reason: 'no-leader' },
  { kind: 'group.confirm' },
  { kind: 'group.confirmed', term: 4, revision: 12 },
  { kind: 'group.status' },
  status,
  { ...status, leader: 'n2' },
  { kind: 'group.join', node, incarnation: 'beef' },
  { kind: 'group.joined', peer: peerId(4) },
  { kind: 'group.change', steps: [{ step: 'promote', node }] },
  { kind: 'group.transfer', node: undefined },
  { kind: 'group.changed', refusal: 'not-leader' },
  { kind: 'group.known', peer: peerId(1), incarnation: 'beef' },
  { kind: 'group.known-is', known: true },
  { kind: 'group.stranger', peer: peerId(1) },
  { kind: 'group.heed' },
  { kind: 'group.leadership', term: 3, leads: true, leader: node },
  { kind: 'group.flush' },
  { kind: 'group.act' },
]

const lease = { id: 5n, granted: 4, ttl: 60, remaining: 0 }
const leases = [
  { kind: 'lease.hello' } satisfies Lease.LeaseHello,
  { kind: 'lease.loaded', leases: [lease] } satisfies Lease.LeaseLoaded,
  {
    kind: 'lease.events',
    events: [
      { type: 'granted', lease },
      { type: 'revoked', id: 5n },
      { type: 'checkpointed', id: 5n, remaining: 3 },
    ],
  } satisfies Lease.LeaseEvents,
  { kind: 'lease.keep-alive', id: 5n, forwarded: false } satisfies Lease.LeaseKeepAlive,
  { kind: 'lease.renewed', header, ttl: 0 } satisfies Lease.LeaseRenewed,
  {
    kind: 'lease.time-to-live',
    id: 5n,
    keys: true,
    forwarded: true,
  } satisfies Lease.LeaseTimeToLiveAsk,
  {
    kind: 'lease.time-to-live-is',
    header,
    ttl: -1,
    grantedTtl: 0,
    keys: [key],
  } satisfies Lease.LeaseTimeToLiveIs,
  { kind: 'lease.list' } satisfies Lease.LeaseListAsk,
  { kind: 'lease.list-is', header, ids: [1n, -1n] } satisfies Lease.LeaseListIs,
  { kind: 'lease.keys', id: 5n } satisfies Lease.LeaseKeysAsk,
  { kind: 'lease.keys-are', header, keys: [key, EMPTY] } satisfies Lease.LeaseKeysAre,
]

const watchStatus = { revision: 9, compactRevision: -1, term: 2 }
const revisions = [{ revision: 9, events: [event] }]
const watches = [
  {
    kind: 'watch.applied',
    revisions,
    status: watchStatus,
    compacted: false,
  } satisfies Watch.WatchApplied,
  { kind: 'watch.hello' } satisfies Watch.WatchHello,
  { kind: 'watch.listen', shard: 2, on: true } satisfies Watch.WatchListen,
  { kind: 'watch.status', status: watchStatus } satisfies Watch.WatchStatusIs,
  { kind: 'watch.revisions', term: 2, revisions } satisfies Watch.WatchRevisions,
  {
    kind: 'watch.history',
    from: 2,
    to: 9,
    maxRevisions: 1000,
    ranges: [{ key, rangeEnd: EMPTY }],
  } satisfies Watch.WatchHistory,
  {
    kind: 'watch.history-is',
    answer: { type: 'events', through: 9, events: [event] },
  } satisfies Watch.WatchHistoryIs,
  {
    kind: 'watch.history-is',
    answer: { type: 'compacted', compactRevision: 5 },
  } satisfies Watch.WatchHistoryIs,
  { kind: 'watch.previous', pairs: [{ key, revision: 3 }] } satisfies Watch.WatchPrevious,
  { kind: 'watch.previous-are', values: [kv, undefined] } satisfies Watch.WatchPreviousAre,
  { kind: 'watch.open', group, window: 128 } satisfies Watch.WatchOpen,
  {
    kind: 'watch.create',
    request: {
      key,
      rangeEnd: EMPTY,
      startRevision: -1,
      progressNotify: true,
      noPut: false,
      noDelete: true,
      prevKv: true,
      watchId: 3,
      fragment: false,
    },
  } satisfies Watch.WatchCreateAsk,
  { kind: 'watch.cancel', watchId: 3 } satisfies Watch.WatchCancel,
  { kind: 'watch.progress' } satisfies Watch.WatchProgress,
  { kind: 'watch.consumed', responses: 2 } satisfies Watch.WatchConsumed,
  { kind: 'watch.close' } satisfies Watch.WatchClose,
  { kind: 'watch.lost' } satisfies Watch.WatchLost,
  {
    kind: 'watch.deliver',
    response: {
      header,
      watchId: -1,
      created: true,
      canceled: true,
      compactRevision: 0,
      cancelReason: 'mvcc: duplicate watch ID provided on the WatchStream',
      fragment: false,
      events: [
        { ...event, prevKv: kv },
        { ...event, type: 'delete', prevKv: undefined },
      ],
    },
  } satisfies Watch.WatchDeliver,
]

const others = [
  { kind: 'refused', reason: 'overloaded' },
  { kind: 'pulse.beat', shard: 1, life: 2 ** 50 } satisfies Pulse.PulseBeat,
  { kind: 'pulse.hello', number: 3 } satisfies Pulse.PulseHello,
  { kind: 'pulse.workers', workers: 2, number: 3 } satisfies Pulse.PulseWorkers,
  { kind: 'pulse.register', nodes: [node] } satisfies Pulse.PulseRegister,
  { kind: 'pulse.ask' } satisfies Pulse.PulseAsk,
  { kind: 'pulse.told', node, now: 'reborn' } satisfies Pulse.PulseTold,
  {
    kind: 'snapshot.begin',
    id: '1.1',
    from: peerId(1),
    to: peerId(2),
    term: 3,
    meta,
    members: [member],
  } satisfies Snapshot.SnapshotBegin,
  {
    kind: 'snapshot.chunk',
    id: '1.1',
    sequence: 0,
    rows: [[key, value]],
    checksum: 0xffffffff,
    last: true,
  } satisfies Snapshot.SnapshotChunk,
  { kind: 'snapshot.wants', next: 1, refused: false } satisfies Snapshot.SnapshotWants,
  { kind: 'snapshot.claim', group, to: peerId(2) } satisfies Snapshot.SnapshotClaim,
  { kind: 'snapshot.claimed', granted: true } satisfies Snapshot.SnapshotClaimed,
  { kind: 'snapshot.keep', group, to: peerId(2) } satisfies Snapshot.SnapshotPlace,
  { kind: 'snapshot.leave', group, to: peerId(2) } satisfies Snapshot.SnapshotPlace,
]

export const SAMPLES: readonly Message[] = [
  ...carriers,
  ...groups,
  ...leases,
  ...watches,
  ...others,
  ...REGION_SAMPLES,
  ...DRIVER_SAMPLES,
]
