/**
 * What the Raft machine is told, what it wants done, and what it may be asked: everything a caller
 * needs.
 *
 * The machine is pure. It gets inputs (`step`) and requests (`propose`, `change`, `transfer`),
 * changes only itself, and hands out effects once a turn (`take`). It has no clock (time is a
 * count of ticks), no randomness (a seed), no I/O. Sections named are those of Ongaro's thesis.
 * docs/raft.md explains it all.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { PeerId } from '../../base/ids.ts'
import { RAFT_DEFAULTS, type RaftConfig } from './config.ts'
import type { RaftMessage } from './messages.ts'

/** Re-exported so that callers name one place. */
export { RAFT_DEFAULTS, type RaftConfig, type RaftMessage }

// ------------------------------------------------------------------------------------------- state

export interface Entry {
  readonly term: number
  readonly index: number
  /** `noop`: a new leader's first (6.4). `config`: `data` is `encodeConfiguration(...)`. */
  readonly kind: 'noop' | 'data' | 'config'
  readonly data: Bytes
}

/** What must survive a crash besides the log. `commit` is only a hint that speeds up recovery. */
export interface HardState {
  readonly term: number
  readonly vote: PeerId | undefined
  readonly commit: number
}

/**
 * Who belongs to a group. Joint (4.3) while `outgoing` is not empty: then a majority of `voters`
 * and a majority of `outgoing` are both needed. A peer in `outgoing` and `learners` votes until
 * the joint configuration is left, then is a learner. Ids ascend in each list.
 */
export interface Configuration {
  readonly voters: readonly PeerId[]
  readonly outgoing: readonly PeerId[]
  readonly learners: readonly PeerId[]
  /** The leader leaves the joint configuration by itself once it is committed. */
  readonly autoLeave: boolean
}

/**
 * A position in the log, and the configuration in force at it: the base of a log, the head of a
 * snapshot.
 */
export interface SnapshotMeta {
  readonly index: number
  readonly term: number
  readonly configuration: Configuration
}

/**
 * What a peer starts from. A founder: term 0, no vote, `base` at index 0 and term 0 with the
 * founders' configuration. A peer that waits to be added: the same with an empty configuration.
 */
export interface RestoredState {
  readonly hardState: HardState
  /** What the log's first entry follows; everything up to it is applied. */
  readonly base: SnapshotMeta
  /** The whole log after `base`, without a gap. */
  readonly entries: readonly Entry[]
  /** Highest index whose effect on the data is on disk. */
  readonly applied: number
}

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader'

export interface RaftStatus {
  readonly self: PeerId
  readonly role: Role
  readonly term: number
  readonly vote: PeerId | undefined
  readonly leader: PeerId | undefined
  readonly commit: number
  readonly applied: number
  /** Highest index known to be on this peer's disk. */
  readonly persisted: number
  /** Index of the first entry still in the log. */
  readonly firstIndex: number
  readonly lastIndex: number
  readonly lastTerm: number
  readonly configuration: Configuration
  /** This peer is in the configuration, but has no vote. */
  readonly learner: boolean
  readonly quiescent: boolean
  readonly transferringTo: PeerId | undefined
  /** On the leader, one per other peer of the configuration; elsewhere empty. */
  readonly followers: readonly FollowerStatus[]
}

export interface FollowerStatus {
  readonly peer: PeerId
  readonly match: number
  readonly next: number
  readonly state: 'probe' | 'replicate' | 'snapshot'
  /** Heard from since the last check of the quorum. */
  readonly active: boolean
  /** As told by `peer-down` and `peer-up`. */
  readonly down: boolean
}

// ------------------------------------------------------------------------------------------ inputs

export type RaftInput =
  | { readonly type: 'tick' }
  | { readonly type: 'message'; readonly message: RaftMessage }
  /** Wants a `read-state` (or `read-refused`) with this token. */
  | { readonly type: 'read-index'; readonly token: number }
  /** The batch that carried the `persist` effect of this number has landed. In order. */
  | { readonly type: 'persisted'; readonly batch: number }
  /** The last `apply` effect is done up to this index (in memory; disk may be behind). */
  | { readonly type: 'applied'; readonly index: number }
  /**
   * Answers `fetch-log`: entries from its `from` on, as many as the bytes allow; empty if they are
   * gone.
   */
  | { readonly type: 'log-fetched'; readonly token: number; readonly entries: readonly Entry[] }
  /** Answers `send-snapshot`: all of it was sent, and this is its index. */
  | { readonly type: 'snapshot-sent'; readonly to: PeerId; readonly index: number }
  | { readonly type: 'snapshot-failed'; readonly to: PeerId }
  /** A whole, checked snapshot came from `from`, which led in `term`. */
  | {
      readonly type: 'snapshot-received'
      readonly from: PeerId
      readonly term: number
      readonly snapshot: SnapshotMeta
    }
  /** Answers `install-snapshot`: data, log base and applied index have landed. */
  | { readonly type: 'snapshot-installed'; readonly index: number }
  /** Effects up to this index are on disk: the log may be cut there, less the catch-up tail. */
  | { readonly type: 'compact'; readonly index: number }
  | { readonly type: 'peer-up'; readonly peer: PeerId }
  | { readonly type: 'peer-down'; readonly peer: PeerId }
  /** Something happened that a quiet group should look at (a node fell silent). */
  | { readonly type: 'wake' }
  /** Campaign now, as if the election timeout had passed. */
  | { readonly type: 'campaign' }

// ----------------------------------------------------------------------------------------- effects

export type RaftEffect =
  /**
   * Write all of it in this turn's batch, and give `persisted` once that has landed. First delete
   * the entries of `truncate` (both ends inclusive), then put `entries`.
   */
  | {
      readonly type: 'persist'
      readonly batch: number
      readonly hardState: HardState | undefined
      readonly truncate: { readonly from: number; readonly to: number } | undefined
      readonly entries: readonly Entry[]
    }
  /** `now`: may leave before this turn's batch has landed; otherwise it must not. */
  | {
      readonly type: 'send'
      readonly to: PeerId
      readonly message: RaftMessage
      readonly now: boolean
    }
  /**
   * Committed and on this peer's disk: apply in order, then give `applied`. At most one is under
   * way.
   */
  | { readonly type: 'apply'; readonly entries: readonly Entry[] }
  /** The read of this token is linearizable once `index` is applied. */
  | { readonly type: 'read-state'; readonly token: number; readonly index: number }
  /** The read was not served: leader lost, unknown or silent. It may be asked again. */
  | { readonly type: 'read-refused'; readonly token: number }
  /**
   * Read entries from..to (inclusive) from disk, stopping after `maxBytes` but not before one
   * entry.
   */
  | {
      readonly type: 'fetch-log'
      readonly token: number
      readonly from: number
      readonly to: number
      readonly maxBytes: number
    }
  /**
   * Stream a snapshot of the applied state at this index or later; then `snapshot-sent` or
   * `-failed`.
   */
  | { readonly type: 'send-snapshot'; readonly to: PeerId; readonly atLeastIndex: number }
  /**
   * Replace data by the received snapshot, and log and base by its head, then give `snapshot-
   * installed`. A crash on the way must come back either before it all or behind it all.
   */
  | { readonly type: 'install-snapshot'; readonly snapshot: SnapshotMeta }
  /** The received snapshot is of no use (older than what is here): drop it. */
  | { readonly type: 'snapshot-unused'; readonly snapshot: SnapshotMeta }
  /** Delete entries from..to (inclusive) and record `base`, in one batch. May be lazy. */
  | {
      readonly type: 'compact-log'
      readonly base: SnapshotMeta
      readonly from: number
      readonly to: number
    }
  | {
      readonly type: 'role-change'
      readonly role: Role
      readonly term: number
      readonly leader: PeerId | undefined
    }
  /**
   * In force from the moment it is in the log (4.1); `committed` says whether it can still be
   * undone.
   */
  | {
      readonly type: 'config-changed'
      readonly configuration: Configuration
      readonly index: number
      readonly committed: boolean
    }
  /** Stop ticking until `wake`. */
  | { readonly type: 'quiesce' }
  | { readonly type: 'wake' }
  | { readonly type: 'mark'; readonly name: RaftMark }

export type RaftMark =
  | 'raft.pre-vote-refused'
  | 'raft.quorum-lost'
  | 'raft.conflict-truncated'
  | 'raft.snapshot-installed'
  | 'raft.learner-promoted'
  | 'raft.joint-entered'
  | 'raft.joint-left'
  | 'raft.leader-transferred'
  | 'raft.quiesced'

// ---------------------------------------------------------------------------------------- requests

export type ProposeOutcome =
  | { readonly ok: true; readonly term: number; readonly index: number }
  | {
      readonly ok: false
      readonly reason: 'not-leader' | 'transferring' | 'overloaded'
      readonly leader: PeerId | undefined
    }

export interface MembershipStep {
  /** `add-voter` of a learner promotes it, `add-learner` of a voter demotes it. */
  readonly type: 'add-voter' | 'add-learner' | 'remove'
  readonly peer: PeerId
}

export type MembershipChange =
  /**
   * More than one change of voters goes through a joint configuration, left by itself unless
   * `explicitLeave`.
   */
  | {
      readonly type: 'change'
      readonly steps: readonly MembershipStep[]
      readonly explicitLeave: boolean
    }
  | { readonly type: 'leave-joint' }

export type ChangeRefusal =
  | 'not-leader'
  | 'transferring'
  /** An earlier change, or this leader's first entry, is not committed yet (4.1). */
  | 'change-pending'
  | 'already-joint'
  | 'not-joint'
  | 'no-voters'
  /** A peer is named twice, or is not in the configuration, or nothing would change. */
  | 'nothing-to-change'
  | 'learner-behind'

export type ChangeOutcome =
  | { readonly ok: true; readonly term: number; readonly index: number }
  | {
      readonly ok: false
      readonly reason: ChangeRefusal
      readonly leader: PeerId | undefined
    }

export type TransferOutcome =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly reason: 'not-leader' | 'not-a-voter' | 'already-leader'
      readonly leader: PeerId | undefined
    }

/** The machine (`new RaftMachine(config, restored)` in machine.ts). */
export interface Raft {
  /** Takes one input. Cheap: what it causes is gathered until `take`. */
  step(input: RaftInput): void
  /**
   * Proposes one entry of kind `data`; kept, not copied. Many in one turn share a persist and an
   * append.
   */
  propose(data: Bytes): ProposeOutcome
  change(change: MembershipChange): ChangeOutcome
  transfer(to: PeerId): TransferOutcome
  /**
   * The effects of all steps since the last call, to be interpreted in order. Once a turn, or
   * oftener.
   */
  take(): readonly RaftEffect[]
  /**
   * The head of a snapshot of the state after applying `index`, which is applied and not
   * compacted.
   */
  snapshotAt(index: number): SnapshotMeta
  status(): RaftStatus
}
