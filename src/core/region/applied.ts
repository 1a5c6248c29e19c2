/** What applying one entry gives: rows for the disk, and what it changes about regions and peers. */

import type { Configuration } from '../raft/types.ts'
import type { Size } from './entry.ts'
import type { RegionWrite } from './rows.ts'
import type { RegionDescriptor, RegionPeer, Timestamp } from './types.ts'

export interface AppliedEntry {
  /** `epoch`, `driver`: it came too late and changed nothing; its asker is refused. The same on every replica. */
  readonly outcome: 'done' | 'epoch' | 'driver'
  readonly writes: readonly RegionWrite[]
  readonly structure: StructureChange | undefined
}

export type StructureChange =
  /** The region has its new descriptor already. The rows of each child belong into the same batch. */
  { readonly type: 'split'; readonly children: readonly ChildStart[] } | { readonly type: 'peers' }

/** What a child begins with; versions and locks are where they are. */
export interface ChildStart {
  readonly state: ReplicaMeta
  /** All of the parent's: a write may come again to either side. */
  readonly sessions: readonly SessionRecord[]
  /** Of its log. */
  readonly configuration: Configuration
}

/** How far the rows go, and what the region is. */
export interface ReplicaMeta {
  readonly descriptor: RegionDescriptor
  /** Peers to come, which the configuration does not name yet. */
  readonly announced: readonly RegionPeer[]
  readonly appliedIndex: number
  readonly appliedTerm: number
  readonly size: Size
  /** Of drivers whose orders came here. */
  readonly driverEpoch: number
  /** Versions superseded at or below may be gone. */
  readonly safePoint: Timestamp
  /** Highest timestamp of any version. */
  readonly highestCommit: Timestamp
  /** Highest session that was forgotten. */
  readonly forgottenSession: Timestamp
}

/** What one client's marked writes came to. */
export interface SessionRecord {
  readonly session: Timestamp
  /** Counts uses of sessions in this region: the longest unused goes first. */
  readonly usedAt: number
  readonly answeredBelow: number
  readonly answers: readonly (readonly [sequence: number, version: Timestamp])[]
}

/** Rows of sessions as they must be. */
export interface SessionChanges {
  readonly changed: readonly SessionRecord[]
  readonly forgotten: readonly Timestamp[]
}

export interface ReplicaChanges {
  readonly meta: ReplicaMeta
  /** Descriptor or announcements are new too. */
  readonly shape: boolean
  readonly sessions: SessionChanges
}
