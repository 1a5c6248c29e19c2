/**
 * What applying one log entry gives: the answer, the rows to write, what watchers and the lease expirer
 * must hear. Rows are domain values: `storage/revisions.ts` turns them into bytes.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { RevisionId } from '../mvcc/revision.ts'
import type { CommandResult, Event, KeyValue } from './types.ts'

/** One row of the store on disk, as it must be after this write. */
export type KvWrite =
  /** A version of a key; its name on disk is `at`. */
  | { readonly row: 'put'; readonly at: RevisionId; readonly kv: KeyValue }
  /** A version that says: deleted here. */
  | { readonly row: 'tombstone'; readonly at: RevisionId; readonly key: Bytes }
  /** A version no reader can reach any more. */
  | { readonly row: 'drop'; readonly at: RevisionId }
  | { readonly row: 'lease'; readonly lease: LeaseRecord }
  | { readonly row: 'lease-drop'; readonly id: bigint }
  | { readonly row: 'meta'; readonly meta: KvMeta }

/** A lease as it is kept on disk and in snapshots; its keys follow from the versions. */
export interface LeaseRecord {
  readonly id: bigint
  /** Index of the entry that granted it: once it is revoked, its id may be granted again. */
  readonly granted: number
  /** Whole seconds, as granted. */
  readonly ttl: number
  /** Whole seconds left at the last checkpoint; 0 when there is none. */
  readonly remaining: number
}

/** The one row that says how far the rest of the rows go. */
export interface KvMeta {
  readonly appliedIndex: number
  readonly appliedTerm: number
  readonly revision: number
  /** Reads below fail. -1: never compacted. */
  readonly compactRevision: number
  /** Up to which compaction the superseded rows are gone; below `compactRevision` while a scrub runs. */
  readonly scrubbedRevision: number
  /** The state hash: equal on all nodes at equal `appliedIndex`. */
  readonly hash: number
}

/** What the lease expirer must hear. */
export type LeaseEvent =
  | { readonly type: 'granted'; readonly lease: LeaseRecord }
  | { readonly type: 'revoked'; readonly id: bigint }
  | { readonly type: 'checkpointed'; readonly id: bigint; readonly remaining: number }

export interface Applied {
  readonly result: CommandResult
  /** The store's revision after this entry. */
  readonly revision: number
  /** All belong in one batch with the machine's `meta`, and before anything of a later entry. */
  readonly writes: readonly KvWrite[]
  /** All of `revision`; empty when nothing changed. */
  readonly events: readonly Event[]
  readonly leaseEvents: readonly LeaseEvent[]
}

/** Which log entry a command comes from. */
export interface EntryPosition {
  readonly index: number
  /** The term in which the entry was appended, not the node's current one. */
  readonly term: number
}

/** Reads values while a command is applied. The version asked for is always there. */
export interface ValueReader {
  get(at: RevisionId): KeyValue
}
