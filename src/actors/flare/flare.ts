/**
 * FlareDB as those outside the actors see it: the doors of `api`, the simulator's clients. Namespaces go by their
 * names here, `''` is `default`; keys and values are within their limits (`checks` of the doors). No call
 * throws: what may go wrong is a problem with a reason, and only after `undetermined` a write may have been done.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { NodeName } from '../../base/ids.ts'
import type {
  NamespaceView,
  RegionAction,
  RegionView,
  StoreState,
  StoreView,
  Verdict,
} from '../../core/placement/types.ts'
import type {
  FoundRow,
  Namespace,
  NamespaceMode,
  RegionId,
  SessionMark,
  Timestamp,
  WriteOp,
} from '../../core/region/types.ts'
import type { TxnMutation, TxnOutcome } from '../../core/txn/types.ts'
import type { RegionDigests } from './digest-calls.ts'
import type { Outcome } from './outcome.ts'
import type { Checksum, ScanPage, ScanRange, ScanRequest } from './read-calls.ts'
import type { Stamps } from './stamps.ts'
import type { BatchPart, Deleted, PartOutcome } from './write-calls.ts'

export type { RegionDigests, ReplicaDigest } from './digest-calls.ts'
export type { Outcome, Problem, ProblemReason } from './outcome.ts'
export type { Checksum, ScanPage, ScanRange, ScanRequest } from './read-calls.ts'
export type { Stamps } from './stamps.ts'
export type { BatchPart, Deleted, PartOutcome } from './write-calls.ts'

export type NamedMutation = Omit<TxnMutation, 'namespace'> & { readonly namespace: string }

/** Certain: it is there as a whole, or nothing of it is nor will be. */
export type Committed = Exclude<TxnOutcome, { readonly type: 'undetermined' }>

export interface StoresView {
  readonly stores: readonly StoreView[]
  readonly driver: NodeName
  readonly driverEpoch: number
}

export interface RegionPage {
  readonly regions: readonly RegionView[]
  readonly next: RegionId | undefined
}

export interface Explained {
  readonly region: RegionView
  readonly verdicts: readonly Verdict[]
}

export interface Flare {
  /** The same for one who waits no longer than this. */
  within(timeoutMs: number): Flare

  get(
    namespace: string,
    keys: readonly Bytes[],
    at: Timestamp | undefined,
  ): Promise<Outcome<readonly FoundRow[]>>
  scan(namespace: string, request: ScanRequest): Promise<Outcome<ScanPage>>
  checksum(
    namespace: string,
    range: ScanRange,
    at: Timestamp | undefined,
  ): Promise<Outcome<Checksum>>
  /** One key. */
  write(
    namespace: string,
    op: WriteOp,
    session: SessionMark | undefined,
  ): Promise<Outcome<Exclude<PartOutcome, { type: 'failed' }>>>
  /** Atomic within each region, and not beyond. */
  batch(
    namespace: string,
    ops: readonly WriteOp[],
    session: SessionMark | undefined,
  ): Promise<Outcome<readonly BatchPart[]>>
  deleteRange(namespace: string, range: ScanRange, limit: number): Promise<Outcome<Deleted>>
  /** At least one mutation, each key of a namespace once. Namespaces must be strong. */
  commit(start: Timestamp, mutations: readonly NamedMutation[]): Promise<Outcome<Committed>>
  stamps(count: number): Promise<Outcome<Stamps>>

  /** The one of this name, or an error; of undefined all. */
  namespaces(name: string | undefined): Promise<Outcome<readonly NamespaceView[]>>
  createNamespace(name: string, mode: NamespaceMode): Promise<Outcome<Namespace>>
  dropNamespace(name: string): Promise<Outcome<undefined>>
  regions(
    namespace: string | undefined,
    from: RegionId,
    limit: number,
  ): Promise<Outcome<RegionPage>>
  actOnRegion(region: RegionId, action: RegionAction): Promise<Outcome<undefined>>
  explain(region: RegionId): Promise<Outcome<Explained>>
  /** What each replica has on its own disk, hashed as of one entry of the log. */
  digest(region: RegionId): Promise<Outcome<RegionDigests>>
  stores(): Promise<Outcome<StoresView>>
  setStore(name: NodeName, state: StoreState): Promise<Outcome<undefined>>
}
