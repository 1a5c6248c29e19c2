/**
 * What a region keeps of its data, as domain values: versions of keys and locks of transactions. How they lie
 * on disk is `storage/region-rows.ts`; in a log entry, `wire/region-entry.ts`.
 */

import { type Bytes, EMPTY } from '../../base/bytes.ts'
import type { NamespaceId, Timestamp } from './types.ts'

/**
 * `lock`: a transaction made sure that nobody else wrote the key, and wrote nothing.
 * `rollback`: the transaction that started at `commit` never commits here, however late its words come.
 */
export type VersionKind = 'put' | 'delete' | 'lock' | 'rollback'

/** One version; (key, commit) names it. */
export interface VersionRow {
  readonly key: Bytes
  readonly commit: Timestamp
  /** Of the transaction that wrote it; `commit` itself for a write that was none. */
  readonly start: Timestamp
  readonly kind: VersionKind
  /** Another transaction started at this very timestamp and was rolled back. */
  readonly overlapped: boolean
  /** Of a transaction's primary: that it is committed, wherever else it wrote, is told by this row. */
  readonly decisive: boolean
  /** By the clock of the oracle; 0: it never goes. */
  readonly expiryMs: number
  /** Empty but for a put. */
  readonly value: Bytes
}

/** A key that a transaction will write, with what it will write. */
export interface LockRow {
  readonly key: Bytes
  readonly primary: Bytes
  readonly primaryNamespace: NamespaceId
  readonly start: Timestamp
  readonly ttlMs: number
  /** Readers went by: the transaction must commit at this or later. Kept on the primary. */
  readonly minCommit: Timestamp
  readonly action: 'put' | 'delete' | 'lock'
  readonly value: Bytes
}

/** One row as it must be after an entry was applied. A version is never changed but for `overlapped`. */
export type RegionWrite =
  | { readonly row: 'version'; readonly version: VersionRow }
  | { readonly row: 'drop'; readonly key: Bytes; readonly commit: Timestamp }
  | { readonly row: 'lock'; readonly lock: LockRow }
  | { readonly row: 'unlock'; readonly key: Bytes }

/** A place between rows: before the version of `key` at `at`, or where it would lie; newest versions come first. */
export interface Position {
  readonly key: Bytes
  readonly at: Timestamp
}

/** Versions to read from disk, in their order or backwards. */
export interface VersionSpan {
  readonly from: Position
  /** Not included; undefined: to the namespace's end. */
  readonly to: Position | undefined
  readonly reverse: boolean
  /** Rows of one page that are worth while. */
  readonly rows: number
}

/** Beside key and value, a version takes about this much on disk. */
const VERSION_BYTES = 32

export const versionBytes = (version: VersionRow): number =>
  VERSION_BYTES + version.key.length + version.value.length

/** A version as it is first written, but for what is said of it. */
export const newVersion = (
  said: Pick<VersionRow, 'key' | 'commit' | 'kind'> & Partial<VersionRow>,
): VersionRow => ({
  key: said.key,
  commit: said.commit,
  start: said.start ?? said.commit,
  kind: said.kind,
  overlapped: false,
  decisive: said.decisive ?? false,
  expiryMs: said.expiryMs ?? 0,
  value: said.value ?? EMPTY,
})
