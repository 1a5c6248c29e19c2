/**
 * What a region's actor is asked: reads, writes, orders of the driver, its status; and what its peers say
 * beside Raft. A refusal is certain: nothing was done. Only `region.undetermined` leaves it open.
 */

import type { NodeName, PeerId } from '../../base/ids.ts'
import type { RaftMessage, SnapshotMeta } from '../../core/raft/types.ts'
import type {
  RegionAnswer,
  RegionCommand,
  RegionDescriptor,
  RegionEpoch,
  RegionOrder,
  RegionQuery,
  RegionRefusal,
  RegionResult,
  Timestamp,
} from '../../core/region/types.ts'
import {
  bool,
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
import { peer, raftMessage, snapshotMeta } from './raft.ts'
import {
  descriptor,
  epoch,
  PEERS,
  regionAnswer,
  regionCommand,
  regionOrder,
  regionQuery,
  regionRefusal,
  regionResult,
  timestamp,
} from './region-values.ts'
import type { MessageShapes } from './shapes.ts'

const REFUSAL_TEXT = 200
const IDS = 100
const INCARNATION = 64
const DIGEST_TEXT = 1000

/** Linearizable, or of the snapshot that the query names. */
export interface RegionRead {
  readonly kind: 'region.read'
  readonly epoch: RegionEpoch
  readonly query: RegionQuery
}

export interface RegionReadDone {
  readonly kind: 'region.read-done'
  readonly answer: RegionAnswer
}

export interface RegionWrite {
  readonly kind: 'region.write'
  readonly epoch: RegionEpoch
  readonly command: RegionCommand
}

export interface RegionWriteDone {
  readonly kind: 'region.write-done'
  readonly result: RegionResult
}

/** Certainly not done. */
export interface RegionRefused {
  readonly kind: 'region.refused'
  readonly refusal: RegionRefusal
}

/** The write is in a log, and nobody here can say what becomes of it. */
export interface RegionUndetermined {
  readonly kind: 'region.undetermined'
}

/** From the driver to the leader. */
export interface RegionOrdered {
  readonly kind: 'region.order'
  /** The term of the driver: lower than one seen before is refused. */
  readonly driverEpoch: number
  readonly epoch: RegionEpoch
  readonly order: RegionOrder
}

export interface RegionOrderDone {
  readonly kind: 'region.ordered'
  /** Undefined: done or under way, as the region's status will show; else why not. */
  readonly refusal: string | undefined
}

export interface RegionStatusAsk {
  readonly kind: 'region.status'
}

/** How far a peer follows, as the leader knows. */
export interface PeerProgress {
  readonly peer: PeerId
  readonly match: number
  readonly state: 'probe' | 'replicate' | 'snapshot'
  readonly down: boolean
}

export interface RegionStatusIs {
  readonly kind: 'region.status-is'
  readonly descriptor: RegionDescriptor
  readonly self: PeerId
  readonly role: 'follower' | 'pre-candidate' | 'candidate' | 'leader' | 'learner'
  readonly term: number
  readonly leader: NodeName | undefined
  /** Leads and has drawn a fresh `maxTs`: takes reads and writes. */
  readonly serving: boolean
  readonly quiescent: boolean
  readonly lastIndex: number
  readonly commit: number
  readonly applied: number
  /** Raft is on its way from one set of voters to another. */
  readonly joint: boolean
  /** Approximate. */
  readonly bytes: number
  readonly keys: number
  readonly maxTs: Timestamp
  /** Highest epoch of a driver that gave orders. */
  readonly driverEpoch: number
  /** Elsewhere than on the leader empty. */
  readonly followers: readonly PeerProgress[]
}

/** To the leader: every replica is to hash its own disk at one entry of the log. */
export interface RegionDigestBegin {
  readonly kind: 'region.digest-begin'
  readonly epoch: RegionEpoch
}

export interface RegionDigestBegun {
  readonly kind: 'region.digest-begun'
  /** Of the entry. */
  readonly index: number
}

/** To any replica: what it found. Answered when it has, if ever. */
export interface RegionDigest {
  readonly kind: 'region.digest'
  readonly index: number
}

export type DigestFound =
  | {
      readonly found: 'whole'
      readonly rows: number
      readonly bytes: number
      readonly hash: bigint
    }
  /** A record on disk is not what was written: which, and how. */
  | { readonly found: 'corrupt'; readonly text: string }
  /** Split, collected or restarted meanwhile: begin anew. */
  | { readonly found: 'over' }

export interface RegionDigestIs {
  readonly kind: 'region.digest-is'
  readonly found: DigestFound
}

/** Raft between peers. One that does not know the sender hears it if it speaks from a later configuration. */
export interface RegionRaft {
  readonly kind: 'region.raft'
  /** Of the data directory that speaks. */
  readonly incarnation: string
  /** Of the sender's descriptor. */
  readonly confVer: number
  readonly message: RaftMessage
}

/** To whom the sender's committed descriptor does not name: destroy yourself. Not answered. */
export interface RegionExpelled {
  readonly kind: 'region.expelled'
  readonly descriptor: RegionDescriptor
}

/** The head of a snapshot; `snapshot.chunk` and `snapshot.wants` do the rest. */
export interface RegionSnapshot {
  readonly kind: 'region.snapshot'
  /** Names one snapshot of one sender's life. */
  readonly id: string
  readonly from: PeerId
  readonly to: PeerId
  /** In which the sender leads. */
  readonly term: number
  readonly meta: SnapshotMeta
  readonly descriptor: RegionDescriptor
}

/** A new life of the store wants word of all regions here, by way of their keepers. */
export interface RegionReportAsk {
  readonly kind: 'region.report'
}

/** This node stops: whoever leads here hands leadership over, by way of the keepers. */
export interface RegionHandOver {
  readonly kind: 'region.hand-over'
}

/** From the store to regions that it leads: versions superseded at or below may go. */
export interface RegionSafePoint {
  readonly kind: 'region.safe-point'
  readonly safePoint: Timestamp
}

/** To itself, behind the requests of clients that are queued: now evaluate, propose, append for them all. */
export interface RegionFlush {
  readonly kind: 'region.flush'
}

/** To itself, behind what consensus has queued and before clients. */
export interface RegionAct {
  readonly kind: 'region.act'
}

/** To the child of its parent's leader: nobody else has more to say, campaign at once. */
export interface RegionCampaign {
  readonly kind: 'region.campaign'
}

export type RegionMessage =
  | RegionRead
  | RegionReadDone
  | RegionWrite
  | RegionWriteDone
  | RegionRefused
  | RegionUndetermined
  | RegionOrdered
  | RegionOrderDone
  | RegionStatusAsk
  | RegionStatusIs
  | RegionDigestBegin
  | RegionDigestBegun
  | RegionDigest
  | RegionDigestIs
  | RegionRaft
  | RegionExpelled
  | RegionSnapshot
  | RegionSafePoint
  | RegionReportAsk
  | RegionHandOver
  | RegionFlush
  | RegionAct
  | RegionCampaign

const digestFound: Schema<DigestFound> = union('found', {
  whole: struct({ rows: count, bytes: count, hash: id }),
  corrupt: struct({ text: text(DIGEST_TEXT) }),
  over: struct({}),
})

const fails = { lane: 'normal', refusal: 'fail' } as const
const drops = { lane: 'normal', refusal: 'drop' } as const
const consensus = { lane: 'consensus', refusal: 'drop' } as const

export const REGION_MESSAGES: MessageShapes = {
  'region.read': { tag: 100, delivery: fails, schema: struct({ epoch, query: regionQuery }) },
  'region.read-done': { tag: 101, delivery: drops, schema: struct({ answer: regionAnswer }) },
  'region.write': { tag: 102, delivery: fails, schema: struct({ epoch, command: regionCommand }) },
  'region.write-done': { tag: 103, delivery: drops, schema: struct({ result: regionResult }) },
  'region.refused': { tag: 104, delivery: drops, schema: struct({ refusal: regionRefusal }) },
  'region.undetermined': { tag: 105, delivery: drops, schema: struct({}) },
  'region.order': {
    tag: 106,
    delivery: fails,
    schema: struct({ driverEpoch: count, epoch, order: regionOrder }),
  },
  'region.ordered': {
    tag: 107,
    delivery: drops,
    schema: struct({ refusal: optional(text(REFUSAL_TEXT)) }),
  },
  'region.status': { tag: 108, delivery: { lane: 'system', refusal: 'fail' }, schema: struct({}) },
  'region.status-is': {
    tag: 109,
    delivery: drops,
    schema: struct({
      descriptor,
      self: peer,
      role: oneOf('follower', 'pre-candidate', 'candidate', 'leader', 'learner'),
      term: count,
      leader: optional(node),
      serving: bool,
      quiescent: bool,
      lastIndex: count,
      commit: count,
      applied: count,
      joint: bool,
      bytes: count,
      keys: count,
      maxTs: timestamp,
      driverEpoch: count,
      followers: list(
        struct({
          peer,
          match: count,
          state: oneOf('probe', 'replicate', 'snapshot'),
          down: bool,
        }),
        PEERS,
      ),
    }),
  },
  'region.digest-begin': { tag: 119, delivery: fails, schema: struct({ epoch }) },
  'region.digest-begun': { tag: 120, delivery: drops, schema: struct({ index: count }) },
  'region.digest': { tag: 121, delivery: fails, schema: struct({ index: count }) },
  'region.digest-is': { tag: 122, delivery: drops, schema: struct({ found: digestFound }) },
  'region.expelled': { tag: 110, delivery: drops, schema: struct({ descriptor }) },
  'region.snapshot': {
    tag: 111,
    delivery: { lane: 'normal', refusal: 'fail', bulk: true },
    schema: struct({
      id: text(IDS),
      from: peer,
      to: peer,
      term: count,
      meta: snapshotMeta,
      descriptor,
    }),
  },
  'region.safe-point': { tag: 116, delivery: drops, schema: struct({ safePoint: timestamp }) },
  'region.report': { tag: 117, delivery: drops, schema: struct({}) },
  'region.hand-over': { tag: 118, delivery: drops, schema: struct({}) },
  'region.flush': { tag: 112, delivery: drops, schema: struct({}) },
  'region.act': { tag: 113, delivery: consensus, schema: struct({}) },
  'region.campaign': { tag: 114, delivery: consensus, schema: struct({}) },
  'region.raft': {
    tag: 115,
    delivery: consensus,
    schema: struct({ incarnation: text(INCARNATION), confVer: count, message: raftMessage }),
  },
}
