/**
 * FlareDB's vocabulary: regions, what they are asked, what they answer. Plain data, the same in the core, in
 * messages and in clients. docs/flare.md explains how it all fits together.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { NodeName, PeerId } from '../../base/ids.ts'

declare const brand: unique symbol

/** Never used twice in a cluster. */
export type RegionId = number & { readonly [brand]: 'RegionId' }
/** Never used twice in a cluster; part of every data key. */
export type NamespaceId = number & { readonly [brand]: 'NamespaceId' }
/**
 * 48 bits of milliseconds since 1970, then 16 bits of counter. Always a bigint: it does not fit a Number.
 * A strong key's version is the timestamp at which it was committed.
 */
export type Timestamp = bigint & { readonly [brand]: 'Timestamp' }

export const regionId = (id: number): RegionId => id as RegionId
export const namespaceId = (id: number): NamespaceId => id as NamespaceId
export const timestamp = (value: bigint): Timestamp => value as Timestamp

/** `version` orders changes of the range, `confVer` changes of the peers. Compared one by one, never together. */
export interface RegionEpoch {
  readonly version: number
  readonly confVer: number
}

/** One replica. The incarnation is that of the store's data directory: an emptied disk is another store. */
export interface RegionPeer {
  readonly peer: PeerId
  readonly store: NodeName
  readonly incarnation: string
  readonly role: 'voter' | 'learner'
}

/** Keys are those of the namespace; `from` is included, `to` is not; empty: open on that side. */
export interface RegionDescriptor {
  readonly id: RegionId
  readonly namespace: NamespaceId
  readonly from: Bytes
  readonly to: Bytes
  readonly epoch: RegionEpoch
  readonly peers: readonly RegionPeer[]
}

/** What a router knows of a region. */
export interface RoutedRegion {
  readonly descriptor: RegionDescriptor
  readonly leader: NodeName | undefined
}

export type NamespaceMode = 'strong' | 'eventual'

export interface Namespace {
  readonly id: NamespaceId
  readonly name: string
  readonly mode: NamespaceMode
  /** Grows with each change of the mode. */
  readonly modeEpoch: number
}

// ------------------------------------------------------------------------------------------- reads

export interface FoundRow {
  readonly key: Bytes
  readonly value: Bytes
  readonly version: Timestamp
}

/**
 * `at` undefined: the newest, linearizable. Otherwise the snapshot at that timestamp, which comes from the
 * oracle; the region remembers it, so that nothing is ever committed at or below it any more.
 *
 * `passing`: starts of living transactions that `check-txn` with this reader has made to commit above `at`; their
 * locks do not stand in the way. Empty when `at` is undefined.
 */
export type RegionQuery =
  | {
      readonly op: 'get'
      readonly keys: readonly Bytes[]
      readonly at: Timestamp | undefined
      readonly passing: readonly Timestamp[]
    }
  | {
      readonly op: 'scan'
      readonly from: Bytes
      /** Empty: to the region's end. */
      readonly to: Bytes
      /** Rows; at least one. The page may be shorter: see `next`. */
      readonly limit: number
      readonly reverse: boolean
      readonly keysOnly: boolean
      readonly at: Timestamp | undefined
      readonly passing: readonly Timestamp[]
    }
  /** Rows, bytes and an order-independent hash of what is visible. */
  | {
      readonly op: 'checksum'
      readonly from: Bytes
      readonly to: Bytes
      readonly at: Timestamp | undefined
      readonly passing: readonly Timestamp[]
    }
  /** Locks of transactions that started at or before this. */
  | {
      readonly op: 'locks'
      readonly from: Bytes
      readonly to: Bytes
      readonly before: Timestamp
      readonly limit: number
    }

export type RegionAnswer =
  /** In the order asked for; missing keys are absent. */
  | {
      readonly op: 'get'
      readonly rows: readonly FoundRow[]
      /** So many of the keys were looked up, the first ones; the rest would have made the answer too big. */
      readonly looked: number
    }
  | {
      readonly op: 'scan'
      readonly rows: readonly FoundRow[]
      /** Where to go on within this region; undefined when the asked range is done here. */
      readonly next: Bytes | undefined
    }
  | {
      readonly op: 'checksum'
      readonly rows: number
      readonly bytes: number
      readonly hash: bigint
      readonly next: Bytes | undefined
    }
  | {
      readonly op: 'locks'
      readonly locks: readonly Lock[]
      readonly next: Bytes | undefined
    }
  /** A transaction that may have committed before stands in the way: find out its fate, resolve, ask again. */
  | { readonly op: 'locked'; readonly locks: readonly Lock[] }
  /** Below the safe point versions are gone: that snapshot can no longer be read. */
  | { readonly op: 'too-old'; readonly safePoint: Timestamp }

export interface Lock {
  readonly key: Bytes
  readonly primary: Bytes
  /** Where the primary lies; transactions span strong namespaces. */
  readonly primaryNamespace: NamespaceId
  readonly start: Timestamp
  /** By the clock of the oracle: dead once the physical part of a fresh timestamp is past start + this. */
  readonly ttlMs: number
}

// ------------------------------------------------------------------------------------------ writes

export interface WriteOp {
  readonly key: Bytes
  readonly action: 'put' | 'delete'
  /** Empty for a delete. */
  readonly value: Bytes
  /** Of a put: gone this long after its commit; 0: never. */
  readonly ttlMs: number
  /** Done only if the key's version is this; 0: only if there is none. Undefined: in any case. */
  readonly expect: Timestamp | undefined
}

export interface Mutation {
  readonly key: Bytes
  /** `lock` only makes sure that nobody else writes the key. `insert` is a put of what must not be there. */
  readonly action: 'put' | 'insert' | 'delete' | 'lock'
  readonly value: Bytes
}

/** Makes a retried write happen once: kept in the region's replicated state. */
export interface SessionMark {
  /** A timestamp of the oracle, drawn once by the client. */
  readonly session: Timestamp
  readonly sequence: number
  /** All sequences below have been answered: they need not be remembered. */
  readonly answeredBelow: number
}

export type RegionCommand =
  /** Atomic: all expectations hold or nothing is written. A one-phase transaction with one commit timestamp. */
  | {
      readonly op: 'write'
      readonly ops: readonly WriteOp[]
      readonly session: SessionMark | undefined
    }
  /** Tombstones for what is visible now in the range, so many keys at a time. */
  | {
      readonly op: 'delete-range'
      readonly from: Bytes
      readonly to: Bytes
      readonly limit: number
    }
  | {
      readonly op: 'prewrite'
      readonly start: Timestamp
      readonly primary: Bytes
      readonly primaryNamespace: NamespaceId
      readonly ttlMs: number
      readonly mutations: readonly Mutation[]
      /** This region holds all of the transaction: commit at once, above every timestamp already read at. */
      readonly onePhase: boolean
    }
  | {
      readonly op: 'commit'
      readonly start: Timestamp
      readonly commit: Timestamp
      readonly keys: readonly Bytes[]
    }
  | { readonly op: 'rollback'; readonly start: Timestamp; readonly keys: readonly Bytes[] }
  /** The fate of a transaction by its primary; one that is dead at `now`, or was never heard of, is rolled back. */
  | {
      readonly op: 'check-txn'
      readonly primary: Bytes
      readonly start: Timestamp
      /** Fresh from the oracle. */
      readonly now: Timestamp
      /** A reader at this timestamp wants to go on: a living transaction must commit above it. Undefined: nobody reads. */
      readonly reader: Timestamp | undefined
    }
  /** The client lives: its transaction's primary lock lasts this long from its start. */
  | {
      readonly op: 'txn-alive'
      readonly primary: Bytes
      readonly start: Timestamp
      readonly ttlMs: number
    }
  /** Drops versions superseded at or below the safe point, so many rows at a time. */
  | {
      readonly op: 'collect'
      readonly safePoint: Timestamp
      readonly from: Bytes
      readonly limit: number
    }

export type RegionResult =
  | { readonly op: 'written'; readonly version: Timestamp }
  /** An expectation failed, nothing was written: the versions found (0: none, or nothing expected), in the order of `ops`. */
  | { readonly op: 'mismatch'; readonly versions: readonly Timestamp[] }
  | { readonly op: 'deleted'; readonly keys: number; readonly next: Bytes | undefined }
  /** `committed` is set when one phase was enough. */
  | { readonly op: 'prewritten'; readonly committed: Timestamp | undefined }
  | { readonly op: 'committed' }
  | { readonly op: 'rolled-back' }
  | { readonly op: 'collected'; readonly rows: number; readonly next: Bytes | undefined }
  | {
      readonly op: 'txn-is'
      readonly fate: 'alive' | 'committed' | 'rolled-back'
      readonly commit: Timestamp | undefined
      readonly ttlMs: number
    }
  | { readonly op: 'locked'; readonly locks: readonly Lock[] }
  /**
   * Somebody committed this key after the transaction started, or it was rolled back by others, or, when it was to
   * be rolled back, is committed already.
   */
  | {
      readonly op: 'conflict'
      readonly key: Bytes
      readonly reason: 'newer-version' | 'rolled-back' | 'exists' | 'commit-too-low' | 'committed'
      readonly version: Timestamp
    }
  /** The session's answer is no longer known: the write may have happened. */
  | { readonly op: 'undetermined' }

// --------------------------------------------------------------------------------------- refusals

/** Certainly not done. The router mends its routes and asks again. */
export type RegionRefusal =
  | { readonly reason: 'not-leader'; readonly leader: NodeName | undefined }
  /** Asked under an old epoch, or for keys that lie elsewhere: who has them now, as far as this peer knows. */
  | { readonly reason: 'epoch'; readonly regions: readonly RoutedRegion[] }
  | { readonly reason: 'not-here' }
  | { readonly reason: 'busy'; readonly retryMs: number }
  /** A split, merge or snapshot is under way, or a new leader is not ready yet. */
  | { readonly reason: 'not-ready' }
  | { readonly reason: 'no-space' }
  | { readonly reason: 'eventual-namespace' }
  /** More than one log entry may hold. */
  | { readonly reason: 'too-large' }

// ------------------------------------------------------------------------------------------ orders

/** What the driver wants of a region's leader. */
export type RegionOrder =
  | {
      readonly order: 'add-learner'
      readonly peer: PeerId
      readonly store: NodeName
      readonly incarnation: string
    }
  /** Promotes and demotes in one joint step. */
  | {
      readonly order: 'switch'
      readonly promote: readonly PeerId[]
      readonly demote: readonly PeerId[]
    }
  /** Of a learner. */
  | { readonly order: 'remove'; readonly peer: PeerId }
  | { readonly order: 'transfer'; readonly to: PeerId }
  /** Keys empty: the region chooses by its samples. New ids are given for each part but the last, which keeps its id. */
  | {
      readonly order: 'split'
      readonly keys: readonly Bytes[]
      readonly children: readonly SplitIds[]
    }

/** One new region: its id, and a new peer id for each peer of the parent, in the parent's order. */
export interface SplitIds {
  readonly region: RegionId
  readonly peers: readonly PeerId[]
}
