/**
 * What a Raft group's actor is asked: reads and writes of Chainfire, forwarded writes, its status,
 * changes of its members. Questions of clients fail at once when there is no room; nothing that may have
 * been proposed is ever sent twice.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { NodeName, PeerId } from '../../base/ids.ts'
import type {
  CommandResult,
  KvError,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
} from '../../core/kv/types.ts'
import {
  bool,
  branded,
  bytes,
  count,
  int,
  list,
  oneOf,
  optional,
  type Schema,
  struct,
  text,
} from '../schema.ts'
import {
  commandResult,
  kvError,
  rangeRequest,
  rangeResponse,
  txnRequest,
  txnResponse,
} from './kv.ts'
import { peer } from './raft.ts'
import type { MessageShapes } from './shapes.ts'

const COMMAND_BYTES = 4 * 1024 * 1024
const FORWARDS = 1 << 16
const NAMES = 64

export interface RevisionHeader {
  readonly revision: number
  readonly term: number
}

/** Why there is no answer; from `leader-changed` on a write may have happened. */
const REFUSALS = [
  'no-leader',
  'overloaded',
  'no-space',
  'stopping',
  'leader-changed',
  'timeout',
  'timeout-leader-failed',
  'timeout-disconnected',
] as const
export type RefusalReason = (typeof REFUSALS)[number]

/** Range, linearizable unless the request says otherwise. */
export interface KvRange {
  readonly kind: 'kv.range'
  readonly request: RangeRequest
}

export interface KvRangeDone {
  readonly kind: 'kv.range-done'
  readonly header: RevisionHeader
  readonly response: RangeResponse
}

/** A transaction that only reads: linearizable unless all its ranges are serializable. */
export interface KvView {
  readonly kind: 'kv.view'
  readonly request: TxnRequest
}

export interface KvViewDone {
  readonly kind: 'kv.view-done'
  readonly header: RevisionHeader
  readonly response: TxnResponse
}

/** Answered once all that the compaction at this revision superseded is dropped on this node. */
export interface KvScrubbed {
  readonly kind: 'kv.scrubbed'
  readonly revision: number
}

export interface KvScrubbedDone {
  readonly kind: 'kv.scrubbed-done'
  readonly header: RevisionHeader
}

/** One command, as `encodeCommand` made it. Proposed once. */
export interface KvWrite {
  readonly kind: 'kv.write'
  readonly command: Bytes
}

export interface KvWriteDone {
  readonly kind: 'kv.write-done'
  readonly header: RevisionHeader
  readonly result: CommandResult
}

/** Answers any of them: the request was looked at and refused, the same on every node. */
export interface KvFailed {
  readonly kind: 'kv.failed'
  readonly header: RevisionHeader
  readonly error: KvError
}

export interface KvRefused {
  readonly kind: 'kv.refused'
  readonly reason: RefusalReason
}

/** Writes of one turn of a follower's group, for the leader to propose. Asked, never repeated. */
export interface GroupForward {
  readonly kind: 'group.forward'
  /** The data of each entry, its origin in front. */
  readonly entries: readonly Bytes[]
}

/** How many of them were proposed; the rest certainly was not, for this reason. */
export interface GroupForwarded {
  readonly kind: 'group.forwarded'
  readonly proposed: number
  readonly reason: RefusalReason | undefined
}

/** Whether the group leads now: answered after a read index of this moment has been applied. */
export interface GroupConfirm {
  readonly kind: 'group.confirm'
}

export interface GroupConfirmed {
  readonly kind: 'group.confirmed'
  /** The term in which this member was confirmed to lead; 0 when it does not lead. */
  readonly term: number
  readonly revision: number
}

export interface GroupStatusAsk {
  readonly kind: 'group.status'
}

/** What one member knows of its group. */
export interface GroupStatus {
  readonly leader: string | undefined
  readonly role: 'follower' | 'pre-candidate' | 'candidate' | 'leader' | 'learner' | 'recovering'
  readonly term: number
  readonly lastIndex: number
  readonly commitIndex: number
  readonly appliedIndex: number
  readonly revision: number
  readonly compactRevision: number
  readonly keys: number
  readonly leases: number
  readonly quiescent: boolean
  /** Names of the voters and learners of the group's configuration. */
  readonly voters: readonly string[]
  readonly learners: readonly string[]
}

export interface GroupStatusIs extends GroupStatus {
  readonly kind: 'group.status-is'
}

/** Adds this node as a learner under a new peer id, its older peers removed. The leader answers. */
export interface GroupJoin {
  readonly kind: 'group.join'
  readonly node: NodeName
  /** The incarnation of the node's data directory: asking again gives the same id. */
  readonly incarnation: string
}

export interface GroupJoined {
  readonly kind: 'group.joined'
  readonly peer: PeerId
}

/** Changes who votes, all steps at once: for operators and schedules. More than one goes through a joint configuration. */
export interface GroupChange {
  readonly kind: 'group.change'
  readonly steps: readonly GroupChangeStep[]
}

export interface GroupChangeStep {
  readonly step: 'promote' | 'demote' | 'remove'
  readonly node: NodeName
}

/** Hands leadership to this node, or to the follower that is furthest on. */
export interface GroupTransfer {
  readonly kind: 'group.transfer'
  readonly node: NodeName | undefined
}

export interface GroupChanged {
  readonly kind: 'group.changed'
  /** Absent when it was done or is under way; else why not. */
  readonly refusal: string | undefined
}

/** Asked by a founder with an empty disk: has this member of the group been heard before? */
export interface GroupKnown {
  readonly kind: 'group.known'
  readonly peer: PeerId
  readonly incarnation: string
}

export interface GroupKnownIs {
  readonly kind: 'group.known-is'
  readonly known: boolean
}

/** To a member whose data directory is not the one it is known by. Not answered. */
export interface GroupStranger {
  readonly kind: 'group.stranger'
  readonly peer: PeerId
}

/** From an actor that lives beside the group: tell me who leads, now and whenever it changes. */
export interface GroupHeed {
  readonly kind: 'group.heed'
}

/**
 * Who leads, as this member knows. `leads`: this one does, in `term`, and has applied all that earlier
 * leaders left.
 */
export interface GroupLeadership {
  readonly kind: 'group.leadership'
  readonly term: number
  readonly leads: boolean
  readonly leader: NodeName | undefined
}

/** To itself, behind the requests of clients that are queued: now propose, append and persist for them all. */
export interface GroupFlush {
  readonly kind: 'group.flush'
}

/** To itself, behind what consensus has queued and before clients. */
export interface GroupAct {
  readonly kind: 'group.act'
}

export type GroupMessage =
  | KvRange
  | KvRangeDone
  | KvView
  | KvViewDone
  | KvScrubbed
  | KvScrubbedDone
  | KvWrite
  | KvWriteDone
  | KvFailed
  | KvRefused
  | GroupForward
  | GroupForwarded
  | GroupConfirm
  | GroupConfirmed
  | GroupStatusAsk
  | GroupStatusIs
  | GroupJoin
  | GroupJoined
  | GroupChange
  | GroupTransfer
  | GroupChanged
  | GroupKnown
  | GroupKnownIs
  | GroupStranger
  | GroupHeed
  | GroupLeadership
  | GroupFlush
  | GroupAct

export const header: Schema<RevisionHeader> = struct({ revision: count, term: count })
export const node: Schema<NodeName> = branded(text(NAMES))
const refusalReason = oneOf(...REFUSALS)
const names = list(text(NAMES), NAMES)

const fails = { lane: 'normal', refusal: 'fail' } as const
const drops = { lane: 'normal', refusal: 'drop' } as const
/** Between neighbours on one shard: in order, and never lost while both live. */
const told = { lane: 'system', refusal: 'pull' } as const

export const GROUP_MESSAGES: MessageShapes = {
  'kv.range': { tag: 10, delivery: fails, schema: struct({ request: rangeRequest }) },
  'kv.range-done': {
    tag: 11,
    delivery: drops,
    schema: struct({ header, response: rangeResponse }),
  },
  'kv.view': { tag: 32, delivery: fails, schema: struct({ request: txnRequest }) },
  'kv.view-done': { tag: 33, delivery: drops, schema: struct({ header, response: txnResponse }) },
  'kv.scrubbed': { tag: 34, delivery: fails, schema: struct({ revision: int }) },
  'kv.scrubbed-done': { tag: 35, delivery: drops, schema: struct({ header }) },
  'kv.write': { tag: 12, delivery: fails, schema: struct({ command: bytes(COMMAND_BYTES) }) },
  'kv.write-done': { tag: 13, delivery: drops, schema: struct({ header, result: commandResult }) },
  'kv.failed': { tag: 14, delivery: drops, schema: struct({ header, error: kvError }) },
  'kv.refused': { tag: 15, delivery: drops, schema: struct({ reason: refusalReason }) },
  'group.forward': {
    tag: 16,
    delivery: fails,
    schema: struct({ entries: list(bytes(COMMAND_BYTES), FORWARDS) }),
  },
  'group.forwarded': {
    tag: 17,
    delivery: drops,
    schema: struct({ proposed: count, reason: optional(refusalReason) }),
  },
  'group.confirm': { tag: 18, delivery: fails, schema: struct({}) },
  'group.confirmed': { tag: 19, delivery: drops, schema: struct({ term: count, revision: count }) },
  'group.status': { tag: 20, delivery: { lane: 'system', refusal: 'fail' }, schema: struct({}) },
  'group.status-is': {
    tag: 21,
    delivery: drops,
    schema: struct({
      leader: optional(text(NAMES)),
      role: oneOf('follower', 'pre-candidate', 'candidate', 'leader', 'learner', 'recovering'),
      term: count,
      lastIndex: count,
      commitIndex: count,
      appliedIndex: count,
      revision: count,
      compactRevision: int,
      keys: count,
      leases: count,
      quiescent: bool,
      voters: names,
      learners: names,
    }),
  },
  'group.join': { tag: 22, delivery: fails, schema: struct({ node, incarnation: text(NAMES) }) },
  'group.joined': { tag: 23, delivery: drops, schema: struct({ peer }) },
  'group.change': {
    tag: 24,
    delivery: fails,
    schema: struct({
      steps: list(struct({ step: oneOf('promote', 'demote', 'remove'), node }), NAMES),
    }),
  },
  'group.transfer': { tag: 28, delivery: fails, schema: struct({ node: optional(node) }) },
  'group.changed': { tag: 25, delivery: drops, schema: struct({ refusal: optional(text(200)) }) },
  'group.known': { tag: 30, delivery: fails, schema: struct({ peer, incarnation: text(NAMES) }) },
  'group.known-is': { tag: 31, delivery: drops, schema: struct({ known: bool }) },
  'group.stranger': { tag: 29, delivery: drops, schema: struct({ peer }) },
  'group.heed': { tag: 36, delivery: told, schema: struct({}) },
  'group.leadership': {
    tag: 37,
    delivery: told,
    schema: struct({ term: count, leads: bool, leader: optional(node) }),
  },
  'group.flush': { tag: 26, delivery: drops, schema: struct({}) },
  'group.act': { tag: 27, delivery: { lane: 'consensus', refusal: 'drop' }, schema: struct({}) },
}
