/**
 * The placement driver's vocabulary: what it is told of stores and regions, what it shows of them. Plain
 * data, the same in the core, in messages and in tables. Reads `core/region/types.ts` alone.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { NodeName } from '../../base/ids.ts'
import type { Namespace, RegionDescriptor } from '../region/types.ts'

/** `draining`: alive, but everything is to leave it. `gone`: taken out; heard again only once it is set `up`. */
export type StoreState = 'up' | 'draining' | 'gone'

/** As the driver hears it: `silent` for a while, then `dead`: what it held is replaced elsewhere. */
export type StoreContact = 'live' | 'silent' | 'dead'

/** A failure domain, like zone and east-1: replicas are spread over different values of the same name. */
export interface StoreLabel {
  readonly name: string
  readonly value: string
}

/** What a store says of itself with each beat. */
export interface StoreLoad {
  /** Peers of regions that live on it, and how many of them lead. */
  readonly peers: number
  readonly leaders: number
  /** Of all regions on it, approximate. */
  readonly bytes: number
  readonly freeBytes: number
  /** Per second, since the last beat. */
  readonly writes: number
  readonly reads: number
}

/** What a region's leader says of it. */
export interface RegionReport {
  readonly descriptor: RegionDescriptor
  /** In which the reporter leads. */
  readonly term: number
  /** Approximate. */
  readonly bytes: number
  readonly keys: number
  /** Per second, since the last report. */
  readonly writes: number
  readonly reads: number
}

/** What a namespace may hold; 0: no limit. */
export interface NamespaceQuota {
  readonly bytes: number
  readonly keys: number
}

// --------------------------------------------------------------------------- what is shown of it all

export interface StoreView {
  readonly name: NodeName
  readonly incarnation: string
  readonly state: StoreState
  readonly contact: StoreContact
  /** Since its last beat; undefined: the driver that leads now has not heard of it. */
  readonly heardMs: number | undefined
  readonly labels: readonly StoreLabel[]
  readonly load: StoreLoad
}

export interface RegionView {
  readonly descriptor: RegionDescriptor
  readonly leader: NodeName | undefined
  readonly term: number
  readonly bytes: number
  readonly keys: number
  readonly writes: number
  readonly reads: number
  /** Since the last report; undefined: the driver that leads now has had none. */
  readonly heardMs: number | undefined
  /** The move under way, in words. */
  readonly doing: string | undefined
}

export interface NamespaceView {
  readonly namespace: Namespace
  readonly quota: NamespaceQuota
  readonly regions: number
  /** As far as its regions' leaders have reported. */
  readonly bytes: number
  readonly keys: number
}

/** One rule's word on a region: what it does about it, and why, or why nothing. */
export interface Verdict {
  readonly rule: string
  readonly acts: boolean
  readonly reason: string
}

/** What an operator may have done with a region. */
export type RegionAction =
  /** No keys: in the middle, by the region's own samples. */
  | { readonly action: 'split'; readonly keys: readonly Bytes[] }
  | { readonly action: 'transfer'; readonly to: NodeName }
  | { readonly action: 'move'; readonly from: NodeName; readonly to: NodeName }
  /** One replica more, or one less. */
  | { readonly action: 'add'; readonly to: NodeName }
  | { readonly action: 'remove'; readonly from: NodeName }
