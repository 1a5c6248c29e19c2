/**
 * What a node's store actor is asked: regions' peers come to life, split and go through it, one after the
 * other. And what it and its regions tell the keepers of the shards.
 */

import type { PeerId } from '../../base/ids.ts'
import type { RegionDescriptor, RegionId } from '../../core/region/types.ts'
import { bool, count, list, optional, struct, text } from '../schema.ts'
import { peer } from './raft.ts'
import { descriptor, region } from './region-values.ts'
import type { MessageShapes } from './shapes.ts'

const REFUSAL_TEXT = 200
const PARTS = 256

/** A namespace's first region: every store that the descriptor names founds its peer. Idempotent. */
export interface StoreCreate {
  readonly kind: 'store.create'
  readonly descriptor: RegionDescriptor
}

/** From a region's leader: this store was given a peer of it, a learner that knows nothing yet. Idempotent. */
export interface StoreInvite {
  readonly kind: 'store.invite'
  readonly descriptor: RegionDescriptor
  readonly peer: PeerId
}

/** From a region that split, once all of it is on disk: its children come to life. */
export interface StoreSplit {
  readonly kind: 'store.split'
  /** The narrowed parent first. */
  readonly descriptors: readonly RegionDescriptor[]
  /** The parent leads: its children campaign at once. */
  readonly campaign: boolean
}

/** From a peer that is no member any more: first for its tombstone, then that none of its rows is left. */
export interface StoreDestroy {
  readonly kind: 'store.destroy'
  readonly region: RegionId
  readonly peer: PeerId
  readonly cleared: boolean
}

/** Undefined: done, or done before. */
export interface StoreDone {
  readonly kind: 'store.done'
  readonly refusal: string | undefined
}

/** From a region to its store: how it stands; passed on to the driver by the next beat. */
export interface StoreReport {
  readonly kind: 'store.report'
  readonly descriptor: RegionDescriptor
  /** Only the leader's word on size counts. */
  readonly leads: boolean
  readonly term: number
  readonly bytes: number
  readonly keys: number
  /** Writes and reads since the last report. */
  readonly writes: number
  readonly reads: number
  /** It has not heard of a leader for long: perhaps it is no member any more. */
  readonly orphan: boolean
}

/** To the keeper of the region's shard: its peer lives here from now on. */
export interface KeeperStart {
  readonly kind: 'keeper.start'
  readonly region: RegionId
  readonly campaign: boolean
}

/** To the keeper: the region stops; nothing is left of it but its tombstone. */
export interface KeeperStop {
  readonly kind: 'keeper.stop'
  readonly region: RegionId
}

/** A new life of the keeper asks its store which regions are of its shard. */
export interface KeeperHello {
  readonly kind: 'keeper.hello'
  readonly shard: number
}

export interface KeeperRegions {
  readonly kind: 'keeper.regions'
  readonly regions: readonly RegionId[]
}

export type StoreMessage =
  | StoreCreate
  | StoreInvite
  | StoreSplit
  | StoreDestroy
  | StoreDone
  | StoreReport
  | KeeperStart
  | KeeperStop
  | KeeperHello
  | KeeperRegions

const fails = { lane: 'normal', refusal: 'fail' } as const
const drops = { lane: 'normal', refusal: 'drop' } as const
const REGIONS = 1 << 20

export const STORE_MESSAGES: MessageShapes = {
  'store.create': { tag: 130, delivery: fails, schema: struct({ descriptor }) },
  'store.invite': { tag: 131, delivery: fails, schema: struct({ descriptor, peer }) },
  'store.split': {
    tag: 132,
    delivery: fails,
    schema: struct({ descriptors: list(descriptor, PARTS), campaign: bool }),
  },
  'store.destroy': { tag: 133, delivery: fails, schema: struct({ region, peer, cleared: bool }) },
  'store.done': {
    tag: 134,
    delivery: drops,
    schema: struct({ refusal: optional(text(REFUSAL_TEXT)) }),
  },
  'store.report': {
    tag: 135,
    delivery: drops,
    schema: struct({
      descriptor,
      leads: bool,
      term: count,
      bytes: count,
      keys: count,
      writes: count,
      reads: count,
      orphan: bool,
    }),
  },
  'keeper.start': { tag: 136, delivery: drops, schema: struct({ region, campaign: bool }) },
  'keeper.stop': { tag: 137, delivery: drops, schema: struct({ region }) },
  'keeper.hello': { tag: 138, delivery: fails, schema: struct({ shard: count }) },
  'keeper.regions': {
    tag: 139,
    delivery: drops,
    schema: struct({ regions: list(region, REGIONS) }),
  },
}
