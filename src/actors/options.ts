/** What the actors of a node are told when they are made: plain data, the same on all its shards, and one port. */

import type { GroupId, NodeName } from '../base/ids.ts'
import type { StoreStats } from '../storage/store.ts'
import type { FlareOptions } from './flare-options.ts'

export interface TreeOptions {
  readonly node: NodeName
  /** The first voters of every group: the same names in the same order on every node. */
  readonly founders: readonly NodeName[]
  readonly groups: readonly GroupId[]
  /** Worker shards of this node. */
  readonly workers: number
  /** 128 random bits in hex, drawn when the data directory was made. */
  readonly incarnation: string
  /** The directory is new although the peers know this name: come back as a learner with a new id. */
  readonly rejoin: boolean
  readonly limits: GroupLimits
  /** Undefined: this node has no FlareDB. */
  readonly flare: FlareOptions | undefined
}

export interface TreePorts {
  /** Admission looks at the volume's free bytes and at the store's level 0. */
  disk(): StoreStats
}

export interface GroupLimits {
  readonly tickMs: number
  readonly electionTicks: number
  /** Idle ticks after which a leader lets its group go quiet; 0: never. */
  readonly quiesceTicks: number
  /** Entries applied since the last cut at which the log is cut again. */
  readonly compactEntries: number
  /** Entries that stay for slow followers. */
  readonly keepEntries: number
  /** Committed but not applied entries beyond which clients are refused. */
  readonly maxApplyLag: number
  /** Bytes proposed and not committed beyond which clients are refused. */
  readonly maxUncommittedBytes: number
  /** Client writes stop below this much free disk. */
  readonly minFreeBytes: number
  /** Files at level 0 of the store from which on bulk waits, and clients are refused. */
  readonly bulkLevelZeroFiles: number
  readonly clientLevelZeroFiles: number
  /** Bytes that go through a log before its cut entries, or dead versions, are compacted away on disk. */
  readonly reclaimBytes: number
  readonly requestTimeoutMs: number
  /** Requests of clients waiting in one group, of each kind. */
  readonly maxWaiting: number
  readonly valueCacheBytes: number
  /** Bytes of one snapshot chunk, about. */
  readonly snapshotChunkBytes: number
  readonly scrubRows: number
  readonly scrubPauseMs: number
  readonly watchResponseBytes: number
  readonly watchProgressMs: number
}

export const GROUP_LIMITS: GroupLimits = {
  tickMs: 100,
  electionTicks: 10,
  quiesceTicks: 20,
  compactEntries: 10_000,
  keepEntries: 5000,
  maxApplyLag: 5000,
  maxUncommittedBytes: 64 * 1024 * 1024,
  minFreeBytes: 512 * 1024 * 1024,
  bulkLevelZeroFiles: 7,
  // LevelDB itself delays each write from 8 files on, and stops at 12.
  clientLevelZeroFiles: 11,
  reclaimBytes: 8 * 1024 * 1024,
  requestTimeoutMs: 7000,
  maxWaiting: 20_000,
  valueCacheBytes: 16 * 1024 * 1024,
  snapshotChunkBytes: 128 * 1024,
  scrubRows: 1000,
  scrubPauseMs: 10,
  watchResponseBytes: 1536 * 1024,
  watchProgressMs: 600_000,
}
