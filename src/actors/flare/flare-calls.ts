/**
 * FlareDB over this node's own view of the cluster, with callbacks, which run on the shard's turns: finds
 * regions, forwards, pages, splits batches. Holds nothing that cannot be lost. `face.ts` is the same with
 * promises.
 */

import type { Bytes } from '../../base/bytes.ts'
import { compareBytes } from '../../base/bytes.ts'
import type { NodeName } from '../../base/ids.ts'
import type { NamespaceView, RegionAction, StoreState } from '../../core/placement/types.ts'
import type {
  FoundRow,
  Namespace,
  NamespaceId,
  NamespaceMode,
  RegionId,
  SessionMark,
  Timestamp,
  WriteOp,
} from '../../core/region/types.ts'
import type { TxnMutation } from '../../core/txn/types.ts'
import type { Message } from '../../runtime/message.ts'
import type { Outside } from '../../runtime/outside.ts'
import type {
  DriverDone,
  DriverExplain,
  DriverExplained,
  DriverNamespaceCreate,
  DriverNamespaceDrop,
  DriverNamespaceIs,
  DriverNamespaces,
  DriverNamespacesAre,
  DriverRegionDo,
  DriverRegions,
  DriverRegionsAre,
  DriverStoreSet,
  DriverStores,
  DriverStoresAre,
} from '../../wire/messages/driver.ts'
import { Attempt } from './attempt.ts'
import { CommandCalls } from './command-calls.ts'
import { DigestCalls, type RegionDigests } from './digest-calls.ts'
import { Directory } from './directory.ts'
import { DriverCalls } from './driver-calls.ts'
import type { Committed, Explained, NamedMutation, RegionPage, StoresView } from './flare.ts'
import { LockCalls } from './lock-calls.ts'
import { bad, type Done, good, type Outcome } from './outcome.ts'
import {
  type Checksum,
  ReadCalls,
  type ScanPage,
  type ScanRange,
  type ScanRequest,
} from './read-calls.ts'
import { RegionCalls } from './region-calls.ts'
import { StampCalls, type Stamps } from './stamps.ts'
import { TxnCalls } from './txn-calls.ts'
import { type BatchPart, type Deleted, type PartOutcome, WriteCalls } from './write-calls.ts'

export interface FlareCallsOptions {
  readonly node: NodeName
  /** What a call may take at most, with all its tries. */
  readonly timeoutMs: number
}

/** The namespace without a name. */
export const DEFAULT_NAMESPACE = 'default'

/** What all calls of a thread share. */
interface Parts {
  readonly outside: Outside
  readonly driver: DriverCalls
  readonly stamps: StampCalls
  readonly directory: Directory
  readonly reads: ReadCalls
  readonly writes: WriteCalls
  readonly txns: TxnCalls
  readonly digests: DigestCalls
}

export class FlareCalls {
  readonly #parts: Parts
  readonly #timeoutMs: number

  constructor(parts: Parts, timeoutMs: number) {
    this.#parts = parts
    this.#timeoutMs = timeoutMs
  }

  static over(outside: Outside, { node, timeoutMs }: FlareCallsOptions): FlareCalls {
    const driver = new DriverCalls(outside, node)
    const stamps = new StampCalls(outside, node)
    const directory = new Directory(outside, driver)
    const regions = new RegionCalls(outside, directory)
    const locks = new LockCalls(directory, regions, new CommandCalls(regions), stamps)
    const reads = new ReadCalls({ directory, regions, locks, stamps })
    const writes = new WriteCalls({ directory, regions, locks })
    const txns = new TxnCalls({ outside, directory, regions, locks, stamps })
    const digests = new DigestCalls(outside, driver, regions)
    const parts = { outside, driver, stamps, directory, reads, writes, txns, digests }
    return new FlareCalls(parts, timeoutMs)
  }

  /** The same for one who waits no longer than this. */
  within(timeoutMs: number): FlareCalls {
    return new FlareCalls(this.#parts, Math.min(timeoutMs, this.#timeoutMs))
  }

  get(
    namespace: string,
    keys: readonly Bytes[],
    at: Timestamp | undefined,
    done: Done<readonly FoundRow[]>,
  ): void {
    this.#strong(namespace, done, (id, attempt) =>
      this.#given(at, attempt, done, () => this.#parts.reads.get(id, keys, at, attempt, done)),
    )
  }

  scan(namespace: string, request: ScanRequest, done: Done<ScanPage>): void {
    this.#strong(namespace, done, (id, attempt) => {
      const scan = () => this.#parts.reads.scan(id, request, attempt, done)
      if (isEmpty(request)) done(good({ rows: [], next: undefined }))
      else this.#given(request.at, attempt, done, scan)
    })
  }

  checksum(
    namespace: string,
    range: ScanRange,
    at: Timestamp | undefined,
    done: Done<Checksum>,
  ): void {
    this.#strong(namespace, done, (id, attempt) => {
      const sum = (stamp: Timestamp): void => {
        if (isEmpty(range)) done(good({ rows: 0, bytes: 0, hash: 0n, at: stamp }))
        else this.#parts.reads.checksum(id, range, stamp, attempt, done)
      }
      if (at !== undefined) this.#given(at, attempt, done, () => sum(at))
      else this.#parts.stamps.one(attempt, (stamp) => (stamp.ok ? sum(stamp.value) : done(stamp)))
    })
  }

  write(
    namespace: string,
    op: WriteOp,
    session: SessionMark | undefined,
    done: Done<Exclude<PartOutcome, { readonly type: 'failed' }>>,
  ): void {
    this.batch(namespace, [op], session, (parts) => {
      if (!parts.ok) {
        done(parts)
        return
      }
      const { outcome } = parts.value[0] as BatchPart
      done(outcome.type === 'failed' ? { ok: false, problem: outcome.problem } : good(outcome))
    })
  }

  batch(
    namespace: string,
    ops: readonly WriteOp[],
    session: SessionMark | undefined,
    done: Done<readonly BatchPart[]>,
  ): void {
    this.#strong(namespace, done, (id, attempt) =>
      this.#given(session?.session, attempt, done, () =>
        this.#parts.writes.batch({ namespace: id, ops, session }, attempt, (parts) =>
          done(good(parts)),
        ),
      ),
    )
  }

  deleteRange(namespace: string, range: ScanRange, limit: number, done: Done<Deleted>): void {
    this.#strong(namespace, done, (id, attempt) => {
      if (isEmpty(range)) done(good({ keys: 0, next: undefined }))
      else this.#parts.writes.deleteRange(id, range, limit, attempt, done)
    })
  }

  stamps(count: number, done: Done<Stamps>): void {
    this.#parts.stamps.draw(count, this.#attempt(), done)
  }

  /** Reads nothing: `start` says at which timestamp it was done. */
  commit(start: Timestamp, mutations: readonly NamedMutation[], done: Done<Committed>): void {
    const attempt = this.#attempt()
    this.#numbered(mutations, new Map(), (numbered) => {
      if (!numbered.ok) {
        done(numbered)
        return
      }
      this.#given(start, attempt, done, () =>
        this.#parts.txns.commit(start, numbered.value, attempt, (outcome) =>
          done(outcome.type === 'undetermined' ? OPEN : good(outcome)),
        ),
      )
    })
  }

  namespaces(name: string | undefined, done: Done<readonly NamespaceView[]>): void {
    const question: DriverNamespaces = { kind: 'driver.namespaces', name: name && nameOf(name) }
    this.#read(question, done, ({ namespaces }: DriverNamespacesAre) =>
      name !== undefined && namespaces.length === 0
        ? bad('not-found', `there is no namespace ${name}`)
        : good(namespaces),
    )
  }

  createNamespace(name: string, mode: NamespaceMode, done: Done<Namespace>): void {
    const order: DriverNamespaceCreate = { kind: 'driver.namespace-create', name, mode }
    this.#change(order, done, ({ namespace }: DriverNamespaceIs) => namespace)
  }

  dropNamespace(name: string, done: Done<undefined>): void {
    const order: DriverNamespaceDrop = { kind: 'driver.namespace-drop', name }
    this.#change(order, done, nothing)
  }

  regions(
    namespace: string | undefined,
    from: RegionId,
    limit: number,
    done: Done<RegionPage>,
  ): void {
    const ask = (id: NamespaceId | undefined): void => {
      const question: DriverRegions = { kind: 'driver.regions', namespace: id, from, limit }
      this.#read(question, done, ({ regions, next }: DriverRegionsAre) => good({ regions, next }))
    }
    if (namespace === undefined) ask(undefined)
    else {
      this.#parts.directory.namespace(nameOf(namespace), this.#attempt(), (found) =>
        found.ok ? ask(found.value.id) : done(found),
      )
    }
  }

  actOnRegion(region: RegionId, action: RegionAction, done: Done<undefined>): void {
    const order: DriverRegionDo = { kind: 'driver.region-do', region, action }
    this.#change(order, done, nothing)
  }

  explain(region: RegionId, done: Done<Explained>): void {
    const question: DriverExplain = { kind: 'driver.explain', region }
    this.#read(question, done, (told: DriverExplained) =>
      good({ region: told.region, verdicts: told.verdicts }),
    )
  }

  digest(region: RegionId, done: Done<RegionDigests>): void {
    this.#parts.digests.digest(region, this.#attempt(), done)
  }

  stores(done: Done<StoresView>): void {
    const question: DriverStores = { kind: 'driver.stores' }
    this.#read(question, done, ({ stores, driver, driverEpoch }: DriverStoresAre) =>
      good({ stores, driver, driverEpoch }),
    )
  }

  setStore(name: NodeName, state: StoreState, done: Done<undefined>): void {
    const order: DriverStoreSet = { kind: 'driver.store-set', name, state }
    this.#change(order, done, nothing)
  }

  /** What a client gives as a timestamp must be one. */
  #given<T>(stamp: Timestamp | undefined, attempt: Attempt, done: Done<T>, run: () => void): void {
    if (stamp === undefined) run()
    else this.#parts.stamps.given(stamp, attempt, (told) => (told.ok ? run() : done(told)))
  }

  #attempt(): Attempt {
    return new Attempt(this.#parts.outside, this.#timeoutMs)
  }

  /** Namespaces by their numbers; all must be strong. */
  #numbered(
    mutations: readonly NamedMutation[],
    ids: Map<string, NamespaceId>,
    done: Done<readonly TxnMutation[]>,
  ): void {
    const unknown = mutations.find(({ namespace }) => !ids.has(namespace))?.namespace
    if (unknown === undefined) {
      const idOf = (name: string) => ids.get(name) as NamespaceId
      done(good(mutations.map((it) => ({ ...it, namespace: idOf(it.namespace) }))))
      return
    }
    this.#strong(unknown, done, (id) => this.#numbered(mutations, ids.set(unknown, id), done))
  }

  /** What only a strong namespace has. */
  #strong<T>(name: string, done: Done<T>, run: (id: NamespaceId, attempt: Attempt) => void): void {
    const attempt = this.#attempt()
    this.#parts.directory.namespace(nameOf(name), attempt, (found) => {
      if (!found.ok) done(found)
      else if (found.value.mode === 'strong') run(found.value.id, attempt)
      else done(bad('namespace-mode', eventual(found.value.name)))
    })
  }

  #read<M extends Message, T>(
    question: Message,
    done: Done<T>,
    value: (answer: M) => Outcome<T>,
  ): void {
    this.#parts.driver.read<M>(question, this.#attempt(), (told) =>
      done(told.ok ? value(told.value) : told),
    )
  }

  #change<M extends Message, T>(order: Message, done: Done<T>, value: (answer: M) => T): void {
    this.#parts.driver.change<M>(order, this.#attempt(), (told) =>
      done(told.ok ? good(value(told.value)) : told),
    )
  }
}

const OPEN = bad(
  'undetermined',
  'the answer to this commit was lost: it may have been done or not; read before writing again',
)

const nothing = (_: DriverDone): undefined => undefined

const nameOf = (name: string): string => (name === '' ? DEFAULT_NAMESPACE : name)

const isEmpty = ({ from, to }: ScanRange): boolean => to.length > 0 && compareBytes(from, to) >= 0

const eventual = (name: string): string =>
  `namespace ${name} is eventual: versions, compare-and-swap and transactions need a strong one; ` +
  'use KvRaw, or another namespace'
