/**
 * The store port: one ordered map of byte strings on disk, for a whole node.
 *
 * Promises: a batch is atomic, and on disk (synced) before `commit` calls back; batches of one caller
 * land in the order they were committed; a store opened again holds every batch that landed and, of
 * those that had not, a prefix. It leaves to its callers: who owns which keys, one batch in flight per
 * shard, seeing writes that have not landed yet (the shard's overlay), checksums (`record.ts`).
 */

import type { Bytes } from '../base/bytes.ts'

export type StoreOp =
  | { readonly type: 'put'; readonly key: Bytes; readonly value: Bytes }
  | { readonly type: 'delete'; readonly key: Bytes }

export type Row = readonly [key: Bytes, value: Bytes]

/** Keys from `from` (inclusive) to `to` (exclusive), in byte order, or backwards when `reverse`. */
export interface KeyRange {
  readonly from: Bytes
  readonly to: Bytes
  readonly reverse?: boolean
}

/** At most this much of a range in one answer. */
export interface PageLimit {
  readonly rows: number
  readonly bytes: number
}

/** What one `scan` found; `more` says that the range goes on behind the last row. */
export interface Page {
  readonly rows: readonly Row[]
  readonly more: boolean
}

export type Done<T> = (error: Error | undefined, value?: T) => void

export interface Store {
  /** Writes all of it or nothing, synced. Any error ends the process: the caller must not go on. */
  commit(ops: readonly StoreOp[], done: Done<void>): void
  /** Reads one landed value now, blocking. For apply and start-up only. */
  get(key: Bytes): Bytes | undefined
  /** Reads landed values off the caller's thread; an absent key gives undefined in its place. */
  getMany(keys: readonly Bytes[], done: Done<readonly (Bytes | undefined)[]>): void
  /** Reads one page off the caller's thread, as the store was when the call was made or later. */
  scan(range: KeyRange, limit: PageLimit, done: Done<Page>): void
  /** Gives back the space of what was deleted in a range. Slow; at most one at a time per node. */
  compact(range: KeyRange, done: Done<void>): void
  /** What admission and metrics look at. */
  stats(): StoreStats
}

export interface StoreStats {
  /** Bytes the store takes on disk, about. */
  readonly diskBytes: number
  /** Files at level 0: what stalls writes when it grows. */
  readonly levelZeroFiles: number
  /** Bytes free on the volume. */
  readonly freeBytes: number
}
