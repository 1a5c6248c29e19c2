/** What the driver keeps on disk, and one change of it. Whoever leads next goes on from these alone. */

import type { NodeName, PeerId } from '../../base/ids.ts'
import type { Namespace, RegionDescriptor, RegionId, Timestamp } from '../region/types.ts'
import type { NamespaceQuota, StoreLabel, StoreState } from './types.ts'

/** A store is a node's name and the incarnation of its data directory: an emptied disk is another store. */
export interface StoreRecord {
  readonly name: NodeName
  readonly incarnation: string
  /** Incarnations that this name had before: none of them is heard again. */
  readonly former: readonly string[]
  readonly state: StoreState
  readonly labels: readonly StoreLabel[]
}

export interface NamespaceRecord {
  readonly namespace: Namespace
  readonly quota: NamespaceQuota
}

/** The first numbers never given to anything. */
export interface IdsRecord {
  /** For regions and peers alike. */
  readonly next: number
  readonly nextNamespace: number
}

/** A namespace's first region: stores that have not said that they founded their peer. */
export interface FoundingRecord {
  readonly descriptor: RegionDescriptor
  readonly waits: readonly NodeName[]
}

/** What is being done with a region's replicas. How far it got shows in the region's descriptor. */
export interface MoveRecord {
  readonly region: RegionId
  /** Which rule wanted it, and why, in words. */
  readonly rule: string
  readonly reason: string
  /** The replica to come, under an id that is its alone; undefined: one only goes. */
  readonly add: PeerToAdd | undefined
  /** The replica to go; undefined: one only comes. */
  readonly remove: PeerId | undefined
  /** By the driver's wall clock: given up at a time that has nothing to do with correctness. */
  readonly sinceMs: number
}

export interface PeerToAdd {
  readonly peer: PeerId
  readonly store: NodeName
  readonly incarnation: string
}

/** Somebody needs versions from `at` on, until then by the oracle's clock. */
export interface HoldRecord {
  readonly service: string
  readonly at: Timestamp
  readonly untilMs: number
}

export interface SafePointRecord {
  /** Only grows. */
  readonly safePoint: Timestamp
  readonly holds: readonly HoldRecord[]
}

export type Change =
  | { readonly of: 'store'; readonly id: NodeName; readonly now: StoreRecord | undefined }
  | { readonly of: 'namespace'; readonly id: string; readonly now: NamespaceRecord | undefined }
  | { readonly of: 'region'; readonly id: RegionId; readonly now: RegionDescriptor | undefined }
  | { readonly of: 'founding'; readonly id: RegionId; readonly now: FoundingRecord | undefined }
  | { readonly of: 'move'; readonly id: RegionId; readonly now: MoveRecord | undefined }
  | { readonly of: 'ids'; readonly now: IdsRecord }
  | { readonly of: 'safe-point'; readonly now: SafePointRecord }
