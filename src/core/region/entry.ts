/**
 * What a region's log says. Made once, by the leader; applying it asks nothing but whether its epoch is still
 * the region's.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { RegionWrite } from './rows.ts'
import type { RegionEpoch, RegionPeer, SessionMark, SplitIds, Timestamp } from './types.ts'

export type RegionEntry =
  | DataEntry
  | SplitEntry
  /** A peer that will be added to the configuration: who it is. Checks `confVer`. */
  | {
      readonly type: 'announce'
      readonly epoch: RegionEpoch
      readonly driverEpoch: number
      readonly peer: RegionPeer
    }
  /** A driver of this epoch has given an order that is no entry of its own. */
  | { readonly type: 'driver'; readonly driverEpoch: number }
  /** Each replica hashes what it has on disk, as of this entry. Checks `version`. */
  | { readonly type: 'digest'; readonly version: number; readonly at: Timestamp }

/** Rows, and what they mean for the region as a whole. Checks `version`. */
export interface DataEntry {
  readonly type: 'data'
  readonly version: number
  readonly writes: readonly RegionWrite[]
  /** What dropped versions took. */
  readonly freed: Size
  readonly session: SessionAnswer | undefined
  /** Raises the region's safe point; undefined: leaves it. */
  readonly safePoint: Timestamp | undefined
}

/** About how much something takes: rows on disk and their bytes. */
export interface Size {
  readonly rows: number
  readonly bytes: number
}

/** What a write that bears a mark came to: the only outcome that must be remembered. */
export interface SessionAnswer {
  readonly mark: SessionMark
  readonly version: Timestamp
}

/** n keys cut a region into n + 1 parts; the last keeps the id, `children` names the others. Checks both numbers. */
export interface SplitEntry {
  readonly type: 'split'
  readonly epoch: RegionEpoch
  /** 0: the region's own wish. */
  readonly driverEpoch: number
  readonly keys: readonly Bytes[]
  readonly children: readonly SplitIds[]
  /** Of each child, as sampled. */
  readonly sizes: readonly Size[]
}
