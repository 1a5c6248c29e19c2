/**
 * What the placement driver is asked. Anybody asks the driver of their own node; one that does not drive
 * hands the question on to the one that does, once. A refusal says whether anything may have been done.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { NodeName, PeerId } from '../../base/ids.ts'
import type {
  NamespaceQuota,
  NamespaceView,
  RegionAction,
  RegionReport,
  RegionView,
  StoreLabel,
  StoreLoad,
  StoreState,
  StoreView,
  Verdict,
} from '../../core/placement/types.ts'
import type {
  Namespace,
  NamespaceId,
  NamespaceMode,
  RegionDescriptor,
  RegionEpoch,
  RegionId,
  RoutedRegion,
  SplitIds,
  Timestamp,
} from '../../core/region/types.ts'
import { count, list, oneOf, optional, type Schema, struct } from '../schema.ts'
import {
  LABELS,
  mode,
  name,
  namespace,
  namespaceView,
  quota,
  regionAction,
  regionReport,
  regionView,
  storeLabel,
  storeLoad,
  storeState,
  storeView,
  verdict,
  words,
} from './driver-values.ts'
import { node } from './group.ts'
import { peer } from './raft.ts'
import {
  descriptor,
  epoch,
  key,
  namespace as namespaceId,
  region,
  routedRegion,
  splitIds,
  timestamp,
} from './region-values.ts'
import type { MessageShapes } from './shapes.ts'

const STORES = 1024
const NAMESPACES = 1 << 16
/** Regions in one message: askers page, stores report in parts. */
export const REGIONS_AT_ONCE = 1024
const PARTS = 256
const ORPHANS = 1024

/** Why not. Only after `undetermined` something may have been done. */
const REASONS = [
  /** Nobody drives now, who does could not be reached, or has not heard of enough stores yet: ask again. */
  'no-leader',
  /** There is no such namespace, region or store. */
  'not-found',
  'exists',
  /** What was asked makes no sense: the text says why, and what would. */
  'invalid',
  /** Asked under an old epoch, or by a store that was replaced. */
  'stale',
  /** Something else is being done with it, or there is no room. */
  'busy',
  'undetermined',
] as const
export type DriverRefusalReason = (typeof REASONS)[number]

export interface DriverRefused {
  readonly kind: 'driver.refused'
  readonly reason: DriverRefusalReason
  readonly text: string
  /** With `no-leader`: who may drive, as far as this one knows. */
  readonly leader: NodeName | undefined
}

/** Regions of a namespace from the one that holds `from` on, in the order of their keys. */
export interface DriverRoutes {
  readonly kind: 'driver.routes'
  readonly namespace: NamespaceId
  readonly from: Bytes
  readonly limit: number
}

/** Fewer than asked for: the last one ends the namespace, or what follows is not known yet. */
export interface DriverRoutesAre {
  readonly kind: 'driver.routes-are'
  readonly regions: readonly RoutedRegion[]
}

/** All namespaces, or the one of this name. `default` comes to be when it is first asked for. */
export interface DriverNamespaces {
  readonly kind: 'driver.namespaces'
  readonly name: string | undefined
}

/** In the order of their names; none: there is no such namespace. */
export interface DriverNamespacesAre {
  readonly kind: 'driver.namespaces-are'
  readonly namespaces: readonly NamespaceView[]
}

export interface DriverNamespaceCreate {
  readonly kind: 'driver.namespace-create'
  readonly name: string
  readonly mode: NamespaceMode
}

export interface DriverNamespaceIs {
  readonly kind: 'driver.namespace-is'
  readonly namespace: Namespace
}

/** All its data goes. */
export interface DriverNamespaceDrop {
  readonly kind: 'driver.namespace-drop'
  readonly name: string
}

export interface DriverNamespaceLimit {
  readonly kind: 'driver.namespace-limit'
  readonly name: string
  readonly quota: NamespaceQuota
}

/** Done; of `driver.region-do`: done or under way, as the region will show. */
export interface DriverDone {
  readonly kind: 'driver.done'
}

/** From a region's leader that wants to split into so many parts. */
export interface DriverSplitIds {
  readonly kind: 'driver.split-ids'
  readonly region: RegionId
  readonly epoch: RegionEpoch
  readonly parts: number
}

/** One fewer than parts: the last keeps the parent's id. */
export interface DriverSplitIdsAre {
  readonly kind: 'driver.split-ids-are'
  readonly ids: readonly SplitIds[]
}

/** Regions with ids from `from` on, of all namespaces or of one. */
export interface DriverRegions {
  readonly kind: 'driver.regions'
  readonly namespace: NamespaceId | undefined
  readonly from: RegionId
  readonly limit: number
}

export interface DriverRegionsAre {
  readonly kind: 'driver.regions-are'
  readonly regions: readonly RegionView[]
  /** Where to go on; undefined: that was all. */
  readonly next: RegionId | undefined
}

export interface DriverStores {
  readonly kind: 'driver.stores'
}

export interface DriverStoresAre {
  readonly kind: 'driver.stores-are'
  readonly stores: readonly StoreView[]
  /** Who drives, in which term of group `system`. */
  readonly driver: NodeName
  readonly driverEpoch: number
}

/** By an operator. */
export interface DriverRegionDo {
  readonly kind: 'driver.region-do'
  readonly region: RegionId
  readonly action: RegionAction
}

export interface DriverStoreSet {
  readonly kind: 'driver.store-set'
  readonly name: NodeName
  readonly state: StoreState
}

/** Why the driver does what it does with a region, or does nothing: a word from each rule. */
export interface DriverExplain {
  readonly kind: 'driver.explain'
  readonly region: RegionId
}

export interface DriverExplained {
  readonly kind: 'driver.explained'
  readonly region: RegionView
  readonly verdicts: readonly Verdict[]
}

/** From each store, once a second. */
export interface DriverBeat {
  readonly kind: 'driver.beat'
  readonly incarnation: string
  readonly labels: readonly StoreLabel[]
  readonly load: StoreLoad
  /** Under which the store last reported everything; 0: never. */
  readonly driverEpoch: number
  /** Of regions that this store leads: all when the driver is another one than before, else what changed. */
  readonly reports: readonly RegionReport[]
  /** Peers that have not heard of a leader for long: are they members still? Those that are not get `region.expelled`. */
  readonly orphans: readonly RegionOrphan[]
}

export interface RegionOrphan {
  /** As the peer knows it. */
  readonly descriptor: RegionDescriptor
  readonly peer: PeerId
}

export interface DriverBeaten {
  readonly kind: 'driver.beaten'
  /** Another one than before: with the next beats everything is to be reported anew. */
  readonly driverEpoch: number
  /** Versions superseded at or below it may be dropped; 0: none. */
  readonly safePoint: Timestamp
}

/**
 * Holds the safe point at or below `at` for a service and so long, or no more (`ttlMs` 0). An empty name
 * holds nothing and only asks.
 */
export interface DriverSafePoint {
  readonly kind: 'driver.safe-point'
  readonly service: string
  readonly at: Timestamp
  readonly ttlMs: number
}

export interface DriverSafePointIs {
  readonly kind: 'driver.safe-point-is'
  /** What regions are told now. Above `at`: the service came too late. */
  readonly safePoint: Timestamp
}

export type DriverMessage =
  | DriverRefused
  | DriverRoutes
  | DriverRoutesAre
  | DriverNamespaces
  | DriverNamespacesAre
  | DriverNamespaceCreate
  | DriverNamespaceIs
  | DriverNamespaceDrop
  | DriverNamespaceLimit
  | DriverDone
  | DriverSplitIds
  | DriverSplitIdsAre
  | DriverRegions
  | DriverRegionsAre
  | DriverStores
  | DriverStoresAre
  | DriverRegionDo
  | DriverStoreSet
  | DriverExplain
  | DriverExplained
  | DriverBeat
  | DriverBeaten
  | DriverSafePoint
  | DriverSafePointIs

const orphan: Schema<RegionOrphan> = struct({ descriptor, peer })

const asks = { lane: 'normal', refusal: 'fail' } as const
const answers = { lane: 'normal', refusal: 'drop' } as const

export const DRIVER_MESSAGES: MessageShapes = {
  'driver.refused': {
    tag: 150,
    delivery: answers,
    schema: struct({ reason: oneOf(...REASONS), text: words, leader: optional(node) }),
  },
  'driver.routes': {
    tag: 151,
    delivery: asks,
    schema: struct({ namespace: namespaceId, from: key, limit: count }),
  },
  'driver.routes-are': {
    tag: 152,
    delivery: answers,
    schema: struct({ regions: list(routedRegion, REGIONS_AT_ONCE) }),
  },
  'driver.namespaces': { tag: 153, delivery: asks, schema: struct({ name: optional(name) }) },
  'driver.namespaces-are': {
    tag: 154,
    delivery: answers,
    schema: struct({ namespaces: list(namespaceView, NAMESPACES) }),
  },
  'driver.namespace-create': { tag: 155, delivery: asks, schema: struct({ name, mode }) },
  'driver.namespace-is': { tag: 156, delivery: answers, schema: struct({ namespace }) },
  'driver.namespace-drop': { tag: 157, delivery: asks, schema: struct({ name }) },
  'driver.namespace-limit': { tag: 158, delivery: asks, schema: struct({ name, quota }) },
  'driver.done': { tag: 159, delivery: answers, schema: struct({}) },
  'driver.split-ids': {
    tag: 160,
    delivery: asks,
    schema: struct({ region, epoch, parts: count }),
  },
  'driver.split-ids-are': {
    tag: 161,
    delivery: answers,
    schema: struct({ ids: list(splitIds, PARTS) }),
  },
  'driver.regions': {
    tag: 162,
    delivery: asks,
    schema: struct({ namespace: optional(namespaceId), from: region, limit: count }),
  },
  'driver.regions-are': {
    tag: 163,
    delivery: answers,
    schema: struct({ regions: list(regionView, REGIONS_AT_ONCE), next: optional(region) }),
  },
  'driver.stores': { tag: 164, delivery: asks, schema: struct({}) },
  'driver.stores-are': {
    tag: 165,
    delivery: answers,
    schema: struct({ stores: list(storeView, STORES), driver: node, driverEpoch: count }),
  },
  'driver.region-do': {
    tag: 166,
    delivery: asks,
    schema: struct({ region, action: regionAction }),
  },
  'driver.store-set': {
    tag: 167,
    delivery: asks,
    schema: struct({ name: node, state: storeState }),
  },
  'driver.explain': { tag: 168, delivery: asks, schema: struct({ region }) },
  'driver.explained': {
    tag: 169,
    delivery: answers,
    schema: struct({ region: regionView, verdicts: list(verdict, LABELS) }),
  },
  'driver.beat': {
    tag: 170,
    delivery: asks,
    schema: struct({
      incarnation: name,
      labels: list(storeLabel, LABELS),
      load: storeLoad,
      driverEpoch: count,
      reports: list(regionReport, REGIONS_AT_ONCE),
      orphans: list(orphan, ORPHANS),
    }),
  },
  'driver.beaten': {
    tag: 171,
    delivery: answers,
    schema: struct({ driverEpoch: count, safePoint: timestamp }),
  },
  'driver.safe-point': {
    tag: 172,
    delivery: asks,
    schema: struct({ service: name, at: timestamp, ttlMs: count }),
  },
  'driver.safe-point-is': {
    tag: 173,
    delivery: answers,
    schema: struct({ safePoint: timestamp }),
  },
}
