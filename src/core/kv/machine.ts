/**
 * Chainfire's replicated machine: keys, versions, leases and compaction. Applying the same entries gives
 * the same state and the same answers on every node. It holds no values, writes nothing and knows no time.
 *
 * KV-I1: entries are applied in order, each once. KV-I2: a refused entry changes nothing but the position.
 * KV-I3: scrubbed <= compact <= revision, and the revision grows by one at most per entry.
 */

import { assert } from '../../base/assert.ts'
import { type Bytes, EMPTY } from '../../base/bytes.ts'
import { Lessor } from '../lease/lessor.ts'
import { KeyIndex } from '../mvcc/key-index.ts'
import { keyBytes, keyText } from '../mvcc/key-text.ts'
import { Pins } from '../mvcc/pins.ts'
import { FIRST_REVISION, NEVER_COMPACTED, type RevisionId } from '../mvcc/revision.ts'
import { Scrub } from '../mvcc/scrub.ts'
import type {
  Applied,
  EntryPosition,
  KvMeta,
  KvWrite,
  LeaseRecord,
  ValueReader,
} from './applied.ts'
import { hashApplied } from './applied-hash.ts'
import { decide } from './decide.ts'
import { RangeScan } from './range-scan.ts'
import { RollingHash } from './rolling-hash.ts'
import type { SnapshotImage } from './snapshot.ts'
import { chooseTxn, refuseTxn } from './txn-run.ts'
import { TxnScan } from './txn-scan.ts'
import type { Command, Event, KeyValue, KvError, RangeRequest, TxnRequest } from './types.ts'

/** Holds the compaction floor: no version that a read at `revision` or above can see is scrubbed. */
export interface Pin {
  readonly revision: number
  /** Further calls do nothing. */
  release(): void
}

/** A row of the revisions table as history readers meet it; no `kv`: a tombstone. */
export interface HistoryRow {
  readonly at: RevisionId
  readonly key: Bytes
  readonly kv: KeyValue | undefined
}

/** What a machine starts from. */
export interface KvState {
  readonly index: KeyIndex
  readonly lessor: Lessor
  readonly meta: KvMeta
}

const NOTHING: readonly never[] = []

export class KvMachine {
  readonly #index: KeyIndex
  readonly #lessor: Lessor
  readonly #pins = new Pins()
  readonly #hash: RollingHash
  #appliedIndex: number
  #appliedTerm: number
  #revision: number
  #compactRevision: number
  #scrubbedRevision: number
  #scrub: Scrub | undefined

  /** Empty, or as `KvRestore` found it. */
  constructor(state: KvState = emptyState()) {
    const { meta } = state
    this.#index = state.index
    this.#lessor = state.lessor
    this.#hash = new RollingHash(meta.hash)
    this.#appliedIndex = meta.appliedIndex
    this.#appliedTerm = meta.appliedTerm
    this.#revision = meta.revision
    this.#compactRevision = meta.compactRevision
    this.#scrubbedRevision = meta.scrubbedRevision
  }

  get revision(): number {
    return this.#revision
  }

  get compactRevision(): number {
    return this.#compactRevision
  }

  /** Up to which revision superseded versions are dropped; -1: never. */
  get scrubbedRevision(): number {
    return this.#scrubbedRevision
  }

  get appliedIndex(): number {
    return this.#appliedIndex
  }

  get appliedTerm(): number {
    return this.#appliedTerm
  }

  get keyCount(): number {
    return this.#index.live
  }

  get leaseCount(): number {
    return this.#lessor.size
  }

  /** Applies the next entry. Entries without a command (a new leader's, a configuration) go to `skip`. */
  apply(at: EntryPosition, command: Command, read: ValueReader): Applied {
    this.#advance(at)
    const outcome = decide(command, {
      at,
      index: this.#index,
      lessor: this.#lessor,
      read,
      revision: this.#revision,
      compactRevision: this.#compactRevision,
    })
    const { result, writing, rows, leaseEvents } = outcome
    const events = writing?.events ?? NOTHING
    if (writing !== undefined) this.#revision = writing.revision
    if (outcome.compactTo !== undefined) this.#compactRevision = outcome.compactTo
    const writes = joined(writing?.writes ?? NOTHING, rows ?? NOTHING)
    hashApplied(this.#hash, at, { result, compactRevision: this.#compactRevision, writes })
    const revision = this.#revision
    return { result, revision, writes, events, leaseEvents: leaseEvents ?? NOTHING }
  }

  /** Counts an entry that changes nothing here. */
  skip(at: EntryPosition): void {
    this.#advance(at)
  }

  /** To be written in the same batch as the last applied entry's writes; once per batch is enough. */
  meta(): KvMeta {
    return {
      appliedIndex: this.#appliedIndex,
      appliedTerm: this.#appliedTerm,
      revision: this.#revision,
      compactRevision: this.#compactRevision,
      scrubbedRevision: this.#scrubbedRevision,
      hash: this.#hash.value,
    }
  }

  /** Equal on all nodes at equal `appliedIndex`. */
  stateHash(): number {
    return this.#hash.value
  }

  /** Begins a read outside the log; it pins its revision until released. */
  beginRange(request: RangeRequest): RangeScan | KvError {
    if (request.revision > this.#revision) return 'future-revision'
    const revision = request.revision > 0 ? request.revision : this.#revision
    if (revision < this.#compactRevision) return 'compacted'
    return new RangeScan(this.#index, request, revision, this.#pins)
  }

  /** Begins a transaction that only reads (`onlyReads`); it changes nothing and pins until released. */
  beginView(request: TxnRequest, read: ValueReader): TxnScan | KvError {
    const state = {
      index: this.#index,
      lessor: this.#lessor,
      read,
      revision: this.#revision,
      compactRevision: this.#compactRevision,
    }
    const chosen = chooseTxn(request, state)
    const error = refuseTxn(chosen, state)
    return error ?? new TxnScan(chosen, this.#index, this.#revision, this.#pins)
  }

  /** The version of a key that a read at `revision` sees; undefined when there is none or it is compacted. */
  locate(key: Bytes, revision: number): RevisionId | undefined {
    if (revision < this.#compactRevision) return undefined
    const history = this.#index.get(keyText(key))
    const slot = history?.slotAt(revision) ?? -1
    if (history === undefined || slot < 0 || history.versionAt(slot) === 0) return undefined
    return { main: history.mainAt(slot), sub: history.subAt(slot) }
  }

  pin(revision: number): Pin {
    assert(revision >= this.#compactRevision, 'what is compacted can no longer be pinned')
    this.#pins.add(revision)
    let held = true
    const release = () => {
      if (held) this.#pins.remove(revision)
      held = false
    }
    return { revision, release }
  }

  /** True while superseded versions wait to be dropped and no pin holds them. */
  get scrubbing(): boolean {
    return this.#scrub !== undefined || this.#scrubbedRevision < this.#scrubFloor()
  }

  /** Drops at most `maxRows` versions. To be called again while `scrubbing`. */
  scrubStep(maxRows: number): readonly KvWrite[] {
    if (!this.scrubbing) return NOTHING
    this.#scrub ??= new Scrub(this.#index, this.#scrubFloor())
    const writes = this.#scrub.step(maxRows).map((at): KvWrite => ({ row: 'drop', at }))
    if (this.#scrub.done) {
      this.#scrubbedRevision = this.#scrub.floor
      this.#scrub = undefined
      writes.push({ row: 'meta', meta: this.meta() })
    }
    return writes
  }

  /** What a snapshot of this very state holds; pins it until released. */
  image(): SnapshotImage {
    const { release } = this.pin(this.#compactRevision)
    return { meta: this.meta(), leases: [...this.#lessor.records()], release }
  }

  lease(id: bigint): LeaseRecord | undefined {
    return this.#lessor.get(id)
  }

  /** In byte order. */
  leaseKeys(id: bigint): readonly Bytes[] {
    return this.#lessor.keysOf(id).map(keyBytes)
  }

  leases(): Iterable<LeaseRecord> {
    return this.#lessor.records()
  }

  /** The events that rows of the revisions table stand for, in their order. */
  eventsOf(rows: readonly HistoryRow[]): readonly Event[] {
    return rows.map(({ at, key, kv }) => {
      const previousRevision =
        kv?.version === 1 ? 0 : (this.#index.get(keyText(key))?.replacedBy(at) ?? 0)
      if (kv !== undefined) return { type: 'put', kv, previousRevision }
      return { type: 'delete', kv: deletedKv(key, at.main), previousRevision }
    })
  }

  /** Throws when an invariant of this machine or of its parts is broken. Slow: looks at every key. */
  audit(): void {
    assert(this.#scrubbedRevision <= this.#compactRevision, 'KV-I3: scrubbed more than compacted')
    assert(this.#compactRevision <= this.#revision, 'KV-I3: compacted beyond the revision')
    this.#index.audit(this.#revision)
    this.#lessor.audit()
  }

  #advance(at: EntryPosition): void {
    assert(at.index === this.#appliedIndex + 1, 'KV-I1: an entry out of order')
    assert(at.term >= this.#appliedTerm, 'KV-I1: terms never go back in a log')
    this.#appliedIndex = at.index
    this.#appliedTerm = at.term
  }

  #scrubFloor(): number {
    return this.#pins.floor(this.#compactRevision)
  }
}

function joined(a: readonly KvWrite[], b: readonly KvWrite[]): readonly KvWrite[] {
  if (b.length === 0) return a
  return a.length === 0 ? b : [...a, ...b]
}

function deletedKv(key: Bytes, revision: number): KeyValue {
  return {
    key,
    value: EMPTY,
    createRevision: 0,
    modRevision: revision,
    version: 0,
    lease: 0n,
  }
}

function emptyState(): KvState {
  const meta: KvMeta = {
    appliedIndex: 0,
    appliedTerm: 0,
    revision: FIRST_REVISION,
    compactRevision: NEVER_COMPACTED,
    scrubbedRevision: NEVER_COMPACTED,
    hash: 0,
  }
  return { index: new KeyIndex(), lessor: new Lessor(), meta }
}
