/** What a watcher asks for and is told: etcd's shapes, independent of protobuf. */

import type { Bytes } from '../../base/bytes.ts'
import type { Event, KeyValue } from '../kv/types.ts'

export interface WatchCreate {
  readonly key: Bytes
  readonly rangeEnd: Bytes
  /** 0: from the next revision on. */
  readonly startRevision: number
  readonly progressNotify: boolean
  readonly noPut: boolean
  readonly noDelete: boolean
  readonly prevKv: boolean
  /** 0: the stream picks one. */
  readonly watchId: number
  readonly fragment: boolean
}

export interface WatchEvent extends Event {
  /** Filled when the watcher asked for it, the pair existed and is not compacted. */
  readonly prevKv: KeyValue | undefined
}

/** One response of a watch stream, in the order in which a client must see it. */
export interface WatchResponse {
  readonly header: { readonly revision: number; readonly term: number }
  readonly watchId: number
  readonly created: boolean
  readonly canceled: boolean
  readonly compactRevision: number
  readonly cancelReason: string
  readonly fragment: boolean
  readonly events: readonly WatchEvent[]
}

/** What a hub tells the doors it serves, in this order of being said. */
export interface WatchStatus {
  readonly revision: number
  readonly compactRevision: number
  readonly term: number
}

export interface WatchRange {
  readonly key: Bytes
  readonly rangeEnd: Bytes
}

/** Asks the group for all events of `ranges` from revision `from` to at most `to`, whole revisions only. */
export interface HistoryRequest {
  readonly ticket: number
  readonly from: number
  readonly to: number
  readonly maxRevisions: number
  readonly ranges: readonly WatchRange[]
}

export type HistoryAnswer =
  /** All events of the ranges from `from` to `through`, in order; `through` at least `from`. */
  | { readonly type: 'events'; readonly through: number; readonly events: readonly Event[] }
  | { readonly type: 'compacted'; readonly compactRevision: number }

/** Asks the group for a key as a read at `revision` sees it. */
export interface PreviousRequest {
  readonly ticket: number
  readonly pairs: readonly { readonly key: Bytes; readonly revision: number }[]
}

export type WatchEffect =
  | { readonly type: 'deliver'; readonly stream: number; readonly response: WatchResponse }
  | { readonly type: 'history'; readonly request: HistoryRequest }
  | { readonly type: 'previous'; readonly request: PreviousRequest }
