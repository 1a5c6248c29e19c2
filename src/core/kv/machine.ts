/**
 * Chainfire's replicated machine: keys, versions, leases and compaction. Applying the same entries gives
 * the same state and the same answers on every node. It holds no values, writes nothing and knows no time.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { RevisionId } from '../mvcc/revision.ts'
import type {
  Applied,
  EntryPosition,
  KvMeta,
  KvWrite,
  LeaseRecord,
  ValueReader,
} from './applied.ts'
import type { RangeScan } from './range-scan.ts'
import type { RestoredRow } from './restore.ts'
import type { Command, Event, KvError, RangeRequest } from './types.ts'

/** Holds the compaction floor: no version that a read at `revision` or above can see is scrubbed. */
export interface Pin {
  readonly revision: number
  release(): void
}

export declare class KvMachine {
  constructor()

  readonly revision: number
  readonly compactRevision: number
  readonly appliedIndex: number
  readonly appliedTerm: number
  readonly keyCount: number
  readonly leaseCount: number

  /** Applies the next entry. Entries that hold no command (a new leader's, a configuration) go to `skip`. */
  apply(at: EntryPosition, command: Command, read: ValueReader): Applied
  /** Counts an entry that changes nothing here. */
  skip(at: EntryPosition): void
  /** The row to write in the same batch as the writes of the last applied entry; once a batch is enough. */
  meta(): KvMeta

  /** Begins a read outside the log at the revision asked for; pins it until `release`. */
  beginRange(request: RangeRequest): RangeScan | KvError

  /** The version of a key that a read at `revision` sees; undefined when it is not there or compacted. */
  locate(key: Bytes, revision: number): RevisionId | undefined

  pin(revision: number): Pin

  /** True while superseded versions wait to be dropped. */
  readonly scrubbing: boolean
  /** Drops at most `maxRows` versions and looks at no more than 10 times as many keys. To be called until `scrubbing` is false. */
  scrubStep(maxRows: number): readonly KvWrite[]

  lease(id: bigint): LeaseRecord | undefined
  /** In byte order. */
  leaseKeys(id: bigint): readonly Bytes[]
  leases(): Iterable<LeaseRecord>

  /** Events from rows of the revisions table, fed in order; all rows of a revision together. */
  eventsOf(rows: readonly HistoryRow[]): readonly Event[]

  stateHash(): number
}

/** A row of the revisions table as history readers meet it; no `kv`: a tombstone. */
export interface HistoryRow {
  readonly at: RevisionId
  readonly key: Bytes
  readonly kv: import('./types.ts').KeyValue | undefined
}

/** Rebuilds a machine from its rows: at start and when a snapshot was installed. */
export declare class KvRestore {
  constructor(meta: KvMeta)
  lease(record: LeaseRecord): void
  /** In order of `at`; every row of the table with `main` at most `meta.revision`. */
  row(row: RestoredRow): void
  finish(): KvMachine
}
