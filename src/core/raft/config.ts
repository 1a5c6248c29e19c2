/** What may be set for one Raft peer, and what is usual. Sizes in bytes, times in ticks. */

import type { PeerId } from '../../base/ids.ts'

export interface RaftConfig {
  readonly self: PeerId
  /** Draws election timeouts. A whole number; different on every peer and in every life. */
  readonly seed: number
  /** Ticks without a leader before campaigning: drawn from [electionTicks, 2 * electionTicks). */
  readonly electionTicks: number
  readonly heartbeatTicks: number
  /** Bytes of entries in one append; a single larger entry travels alone. */
  readonly maxAppendBytes: number
  /** Appends with entries under way to one follower. */
  readonly maxInflight: number
  /** Bytes of entries under way to one follower from which on it gets no more. */
  readonly maxInflightBytes: number
  /** Bytes of uncommitted entries at which the leader refuses proposals. */
  readonly maxUncommittedBytes: number
  /** Bytes of entries in one `apply` effect (at least one entry). */
  readonly maxApplyBytes: number
  /** Entries in one `apply` effect. */
  readonly maxApplyEntries: number
  /** Bytes of log kept in memory behind what is applied; older entries are fetched. */
  readonly tailBytes: number
  /** Entries that `compact` leaves behind for slow followers. */
  readonly catchUpEntries: number
  /** Bytes of log, about, beyond which a follower that is up is cut off from what it lacks. */
  readonly maxBehindBytes: number
  /** Idle ticks after which a leader lets the group go quiet; 0 means never. */
  readonly quiesceTicks: number
  /** A learner further behind than this many entries is not promoted. */
  readonly promoteLag: number
}

export const RAFT_DEFAULTS: Omit<RaftConfig, 'self' | 'seed'> = {
  electionTicks: 10,
  heartbeatTicks: 1,
  maxAppendBytes: 48 * 1024,
  maxInflight: 256,
  maxInflightBytes: 512 * 1024,
  maxUncommittedBytes: 64 * 1024 * 1024,
  maxApplyBytes: 1024 * 1024,
  maxApplyEntries: 128,
  tailBytes: 4 * 1024 * 1024,
  catchUpEntries: 5000,
  maxBehindBytes: 64 * 1024 * 1024,
  quiesceTicks: 20,
  promoteLag: 1000,
}
