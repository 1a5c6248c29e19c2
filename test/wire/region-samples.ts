/** At least one message of every kind that regions, stores and keepers send, with every variant of what they carry. */

import { EMPTY } from '../../src/base/bytes.ts'
import { nodeName, peerId } from '../../src/base/ids.ts'
import {
  namespaceId,
  type RegionAnswer,
  type RegionCommand,
  type RegionDescriptor,
  type RegionOrder,
  type RegionQuery,
  type RegionRefusal,
  type RegionResult,
  regionId,
  timestamp,
} from '../../src/core/region/types.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { RegionMessage } from '../../src/wire/messages/region.ts'
import type { StoreMessage } from '../../src/wire/messages/store.ts'

const key = Uint8Array.of(1, 2, 3)
const value = new Uint8Array(300).fill(7)
const node = nodeName('n3')
const epoch = { version: 3, confVer: 2 ** 40 }
const at = timestamp((1_700_000_000_000n << 16n) | 5n)
const region = regionId(17)
const descriptor: RegionDescriptor = {
  id: region,
  namespace: namespaceId(4),
  from: EMPTY,
  to: key,
  epoch,
  peers: [
    { peer: peerId(11), store: node, incarnation: 'f00d', role: 'voter' },
    { peer: peerId(12), store: nodeName('n4'), incarnation: 'f00e', role: 'learner' },
  ],
}
const lock = { key, primary: key, primaryNamespace: namespaceId(4), start: at, ttlMs: 3000 }
const none = undefined

const queries: readonly RegionQuery[] = [
  { op: 'get', keys: [key, EMPTY], at: none, passing: [] },
  {
    op: 'scan',
    from: EMPTY,
    to: key,
    limit: 10,
    reverse: true,
    keysOnly: false,
    at,
    passing: [at],
  },
  { op: 'checksum', from: EMPTY, to: EMPTY, at, passing: [] },
  { op: 'locks', from: EMPTY, to: EMPTY, before: at, limit: 5 },
]
const answers: readonly RegionAnswer[] = [
  { op: 'get', rows: [{ key, value, version: at }], looked: 2 },
  { op: 'scan', rows: [], next: key },
  { op: 'checksum', rows: 3, bytes: 2 ** 40, hash: 2n ** 64n - 1n, next: none },
  { op: 'locked', locks: [lock] },
  { op: 'too-old', safePoint: at },
  { op: 'locked', locks: [lock] },
]
const put = { key, action: 'put', value, ttlMs: 60, expect: timestamp(0n) } as const
const commands: readonly RegionCommand[] = [
  { op: 'write', ops: [put, { ...put, expect: none }], session: none },
  { op: 'write', ops: [], session: { session: at, sequence: 4, answeredBelow: 2 } },
  { op: 'delete-range', from: EMPTY, to: key, limit: 100 },
  {
    op: 'prewrite',
    start: at,
    primary: key,
    primaryNamespace: namespaceId(4),
    ttlMs: 3000,
    mutations: [{ key, action: 'insert', value }],
    onePhase: true,
  },
  { op: 'commit', start: at, commit: at, keys: [key] },
  { op: 'rollback', start: at, keys: [key] },
  { op: 'check-txn', primary: key, start: at, now: at, reader: none },
  { op: 'txn-alive', primary: key, start: at, ttlMs: 1 },
  { op: 'collect', safePoint: at, from: key, limit: 9 },
]
const results: readonly RegionResult[] = [
  { op: 'written', version: at },
  { op: 'mismatch', versions: [timestamp(0n), at] },
  { op: 'deleted', keys: 3, next: key },
  { op: 'prewritten', committed: at },
  { op: 'prewritten', committed: none },
  { op: 'committed' },
  { op: 'rolled-back' },
  { op: 'collected', rows: 5, next: none },
  { op: 'txn-is', fate: 'alive', commit: none, ttlMs: 5 },
  { op: 'locked', locks: [lock] },
  { op: 'conflict', key, reason: 'exists', version: at },
  { op: 'undetermined' },
]
const refusals: readonly RegionRefusal[] = [
  { reason: 'not-leader', leader: node },
  { reason: 'epoch', regions: [{ descriptor, leader: none }] },
  { reason: 'not-here' },
  { reason: 'busy', retryMs: 50 },
  { reason: 'not-ready' },
  { reason: 'no-space' },
  { reason: 'eventual-namespace' },
]
const orders: readonly RegionOrder[] = [
  { order: 'add-learner', peer: peerId(13), store: node, incarnation: 'f00f' },
  { order: 'switch', promote: [peerId(13)], demote: [peerId(11)] },
  { order: 'remove', peer: peerId(11) },
  { order: 'transfer', to: peerId(12) },
  { order: 'split', keys: [key], children: [{ region: regionId(18), peers: [peerId(14)] }] },
]
const configuration = { voters: [peerId(11)], outgoing: [], learners: [], autoLeave: false }

const regions: readonly RegionMessage[] = [
  ...queries.map((query) => ({ kind: 'region.read', epoch, query }) as const),
  ...answers.map((answer) => ({ kind: 'region.read-done', answer }) as const),
  ...commands.map((command) => ({ kind: 'region.write', epoch, command }) as const),
  ...results.map((result) => ({ kind: 'region.write-done', result }) as const),
  ...refusals.map((refusal) => ({ kind: 'region.refused', refusal }) as const),
  { kind: 'region.undetermined' },
  ...orders.map((order) => ({ kind: 'region.order', driverEpoch: 7, epoch, order }) as const),
  { kind: 'region.ordered', refusal: none },
  { kind: 'region.status' },
  {
    kind: 'region.status-is',
    descriptor,
    self: peerId(11),
    role: 'learner',
    term: 6,
    leader: node,
    serving: false,
    quiescent: true,
    lastIndex: 9,
    commit: 8,
    applied: 7,
    joint: true,
    bytes: 2 ** 30,
    keys: 100,
    maxTs: at,
    driverEpoch: 7,
    followers: [{ peer: peerId(12), match: 5, state: 'snapshot', down: true }],
  },
  {
    kind: 'region.raft',
    incarnation: 'f00d',
    confVer: 5,
    message: { kind: 'timeout-now', from: peerId(11), to: peerId(12), term: 6 },
  },
  { kind: 'region.digest-begin', epoch },
  { kind: 'region.digest-begun', index: 12 },
  { kind: 'region.digest', index: 12 },
  { kind: 'region.digest-is', found: { found: 'whole', rows: 3, bytes: 900, hash: 2n ** 63n } },
  { kind: 'region.digest-is', found: { found: 'corrupt', text: 'corrupt record under d' } },
  { kind: 'region.digest-is', found: { found: 'over' } },
  { kind: 'region.expelled', descriptor },
  {
    kind: 'region.snapshot',
    id: '1.1',
    from: peerId(11),
    to: peerId(12),
    term: 6,
    meta: { index: 9, term: 6, configuration },
    descriptor,
  },
  { kind: 'region.safe-point', safePoint: at },
  { kind: 'region.report' },
  { kind: 'region.hand-over' },
  { kind: 'region.flush' },
  { kind: 'region.act' },
  { kind: 'region.campaign' },
]

const stores: readonly StoreMessage[] = [
  { kind: 'store.create', descriptor },
  { kind: 'store.invite', descriptor, peer: peerId(12) },
  { kind: 'store.split', descriptors: [descriptor, descriptor], campaign: true },
  { kind: 'store.destroy', region, peer: peerId(11), cleared: true },
  { kind: 'store.done', refusal: 'it overlaps region 3' },
  {
    kind: 'store.report',
    descriptor,
    leads: true,
    term: 6,
    bytes: 1,
    keys: 2,
    writes: 3,
    reads: 4,
    orphan: true,
  },
  { kind: 'keeper.start', region, campaign: true },
  { kind: 'keeper.stop', region },
  { kind: 'keeper.hello', shard: 1 },
  { kind: 'keeper.regions', regions: [region] },
]

export const REGION_SAMPLES: readonly Message[] = [...regions, ...stores]
