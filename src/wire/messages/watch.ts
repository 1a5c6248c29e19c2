/**
 * Watching: the group tells its hub, the hub each listening door once, a door its streams. What finds no
 * room is read again from history, by revision.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { GroupId } from '../../base/ids.ts'
import type { Event, KeyValue } from '../../core/kv/types.ts'
import type {
  HistoryAnswer,
  WatchCreate,
  WatchEvent,
  WatchRange,
  WatchResponse,
  WatchStatus,
} from '../../core/watch/types.ts'
import {
  bool,
  branded,
  count,
  int,
  list,
  oneOf,
  optional,
  type Schema,
  struct,
  text,
  union,
} from '../schema.ts'
import { header } from './group.ts'
import { event, key, keyValue } from './kv.ts'
import type { MessageShapes } from './shapes.ts'

const EVENTS = 1 << 20
const REVISIONS = 1 << 16
const RANGES = 1 << 16
const group: Schema<GroupId> = branded(text(64))

export interface AppliedRevision {
  readonly revision: number
  readonly events: readonly Event[]
}

/** The group to its hub: revisions of one slice of applied entries, and where that left the store. */
export interface WatchApplied {
  readonly kind: 'watch.applied'
  readonly revisions: readonly AppliedRevision[]
  readonly status: WatchStatus
  /** The compact revision or the term changed, or a snapshot took everything's place. */
  readonly compacted: boolean
}

/** A new life of the hub asks its group where the store is; a door asks the hub, and listens from then on. */
export interface WatchHello {
  readonly kind: 'watch.hello'
}

export interface WatchListen {
  readonly kind: 'watch.listen'
  readonly shard: number
  readonly on: boolean
}

export interface WatchStatusIs {
  readonly kind: 'watch.status'
  readonly status: WatchStatus
}

/** The hub to a door, once for all its watchers. */
export interface WatchRevisions {
  readonly kind: 'watch.revisions'
  readonly term: number
  readonly revisions: readonly AppliedRevision[]
}

/** A door to the group: whole revisions of the past. */
export interface WatchHistory {
  readonly kind: 'watch.history'
  readonly from: number
  readonly to: number
  readonly maxRevisions: number
  readonly ranges: readonly WatchRange[]
}

export interface WatchHistoryIs {
  readonly kind: 'watch.history-is'
  readonly answer: HistoryAnswer
}

/** A door to the group: keys as reads at those revisions see them. */
export interface WatchPrevious {
  readonly kind: 'watch.previous'
  readonly pairs: readonly { readonly key: Bytes; readonly revision: number }[]
}

export interface WatchPreviousAre {
  readonly kind: 'watch.previous-are'
  readonly values: readonly (KeyValue | undefined)[]
}

/** A stream of a client to the door of its thread. The sender's address is the stream. */
export interface WatchOpen {
  readonly kind: 'watch.open'
  readonly group: GroupId
  readonly window: number
}

export interface WatchCreateAsk {
  readonly kind: 'watch.create'
  readonly request: WatchCreate
}

export interface WatchCancel {
  readonly kind: 'watch.cancel'
  readonly watchId: number
}

export interface WatchProgress {
  readonly kind: 'watch.progress'
}

export interface WatchConsumed {
  readonly kind: 'watch.consumed'
  readonly responses: number
}

export interface WatchClose {
  readonly kind: 'watch.close'
}

export type WatchStreamMessage =
  | WatchOpen
  | WatchCreateAsk
  | WatchCancel
  | WatchProgress
  | WatchConsumed
  | WatchClose

/** The door forgot the stream: to be opened again. */
export interface WatchLost {
  readonly kind: 'watch.lost'
}

export interface WatchDeliver {
  readonly kind: 'watch.deliver'
  readonly response: WatchResponse
}

const revisions: Schema<readonly AppliedRevision[]> = list(
  struct({ revision: count, events: list(event, EVENTS) }),
  REVISIONS,
)
const status: Schema<WatchStatus> = struct({ revision: count, compactRevision: int, term: count })

const historyAnswer: Schema<HistoryAnswer> = union('type', {
  events: struct({ through: count, events: list(event, EVENTS) }),
  compacted: struct({ compactRevision: int }),
})

const watchCreate: Schema<WatchCreate> = struct({
  key,
  rangeEnd: key,
  startRevision: int,
  progressNotify: bool,
  noPut: bool,
  noDelete: bool,
  prevKv: bool,
  watchId: int,
  fragment: bool,
})

const watchEvent: Schema<WatchEvent> = struct({
  type: oneOf('put', 'delete'),
  kv: keyValue,
  previousRevision: count,
  prevKv: optional(keyValue),
})

const watchResponse: Schema<WatchResponse> = struct({
  header,
  watchId: int,
  created: bool,
  canceled: bool,
  compactRevision: int,
  cancelReason: text(1000),
  fragment: bool,
  events: list(watchEvent, EVENTS),
})

const pulls = { lane: 'normal', refusal: 'pull' } as const
const asks = { lane: 'normal', refusal: 'fail' } as const
const drops = { lane: 'normal', refusal: 'drop' } as const
const told = { lane: 'system', refusal: 'pull' } as const
/** A stream that was not heard is opened again: see `watch.lost`. */
const says = { lane: 'normal', refusal: 'pull' } as const

export const WATCH_MESSAGES: MessageShapes = {
  'watch.applied': {
    tag: 60,
    delivery: pulls,
    schema: struct({ revisions, status, compacted: bool }),
  },
  'watch.hello': { tag: 61, delivery: told, schema: struct({}) },
  'watch.listen': { tag: 62, delivery: drops, schema: struct({ shard: count, on: bool }) },
  'watch.status': { tag: 63, delivery: pulls, schema: struct({ status }) },
  'watch.revisions': { tag: 64, delivery: pulls, schema: struct({ term: count, revisions }) },
  'watch.history': {
    tag: 65,
    delivery: asks,
    schema: struct({
      from: count,
      to: count,
      maxRevisions: count,
      ranges: list(struct({ key, rangeEnd: key }), RANGES),
    }),
  },
  'watch.history-is': { tag: 66, delivery: drops, schema: struct({ answer: historyAnswer }) },
  'watch.previous': {
    tag: 67,
    delivery: asks,
    schema: struct({ pairs: list(struct({ key, revision: count }), EVENTS) }),
  },
  'watch.previous-are': {
    tag: 68,
    delivery: drops,
    schema: struct({ values: list(optional(keyValue), EVENTS) }),
  },
  'watch.open': { tag: 69, delivery: says, schema: struct({ group, window: count }) },
  'watch.create': { tag: 70, delivery: says, schema: struct({ request: watchCreate }) },
  'watch.cancel': { tag: 71, delivery: says, schema: struct({ watchId: int }) },
  'watch.progress': { tag: 72, delivery: says, schema: struct({}) },
  'watch.consumed': { tag: 73, delivery: says, schema: struct({ responses: count }) },
  'watch.close': { tag: 74, delivery: says, schema: struct({}) },
  'watch.lost': { tag: 76, delivery: told, schema: struct({}) },
  'watch.deliver': { tag: 75, delivery: told, schema: struct({ response: watchResponse }) },
}
