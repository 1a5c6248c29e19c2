/**
 * One replica of one region: what its log has made of it. Applying an entry asks only whether its epoch still
 * holds; what it writes was decided by the leader that proposed it.
 *
 * Promises: replicas that applied the same entries are equal, and an entry that came too late changes nothing
 * but the applied index. Leaves to others: versions (they lie on disk and are never read here), when to write.
 */

import { assert } from '../../base/assert.ts'
import type { Configuration } from '../raft/types.ts'
import type {
  AppliedEntry,
  ChildStart,
  ReplicaChanges,
  ReplicaMeta,
  SessionRecord,
} from './applied.ts'
import type { DataEntry, RegionEntry, Size, SplitEntry } from './entry.ts'
import { checkEpoch } from './epoch.ts'
import { LockTable } from './lock-table.ts'
import { announce, configurationOf, reconfigured } from './peers.ts'
import { type LockRow, type RegionWrite, versionBytes } from './rows.ts'
import { Sessions } from './sessions.ts'
import { CHILD_BASE, sizeAfterSplit, splitDescriptors, splitProblem } from './split.ts'
import { later } from './timestamps.ts'
import type { RegionDescriptor, Timestamp } from './types.ts'

export interface EntryAt {
  readonly index: number
  readonly term: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const NOTHING: AppliedEntry = { outcome: 'done', writes: [], structure: undefined }
const TOO_LATE: AppliedEntry = { outcome: 'epoch', writes: [], structure: undefined }
const OLD_DRIVER: AppliedEntry = { outcome: 'driver', writes: [], structure: undefined }

export class RegionReplica {
  readonly locks = new LockTable()
  readonly sessions: Sessions
  readonly #meta: Mutable<ReplicaMeta>
  #shapeChanged = false

  constructor(meta: ReplicaMeta, sessions: readonly SessionRecord[], locks: Iterable<LockRow>) {
    this.#meta = { ...meta }
    this.sessions = new Sessions(sessions, meta.forgottenSession)
    for (const lock of locks) this.locks.put(lock)
  }

  get descriptor(): RegionDescriptor {
    return this.#meta.descriptor
  }

  get appliedIndex(): number {
    return this.#meta.appliedIndex
  }

  get appliedTerm(): number {
    return this.#meta.appliedTerm
  }

  get size(): Size {
    return this.#meta.size
  }

  get driverEpoch(): number {
    return this.#meta.driverEpoch
  }

  get safePoint(): Timestamp {
    return this.#meta.safePoint
  }

  get highestCommit(): Timestamp {
    return this.#meta.highestCommit
  }

  get announced(): ReplicaMeta['announced'] {
    return this.#meta.announced
  }

  /** What must be on disk in one batch with the rows of all that was applied since the last time. */
  takeChanges(): ReplicaChanges {
    const shape = this.#shapeChanged
    this.#shapeChanged = false
    return { meta: this.meta(), shape, sessions: this.sessions.takeChanges() }
  }

  meta(): ReplicaMeta {
    return { ...this.#meta, forgottenSession: this.sessions.forgotten }
  }

  /** An entry that says nothing to the region. */
  skip(at: EntryAt): void {
    this.#advance(at)
  }

  apply(at: EntryAt, entry: RegionEntry): AppliedEntry {
    this.#advance(at)
    switch (entry.type) {
      case 'data':
        return this.#data(entry)
      case 'split':
        return this.#ordered(entry) ?? this.#split(entry)
      case 'announce': {
        const late = this.#ordered(entry)
        if (late !== undefined) return late
        if (!this.#current(entry.epoch, 'peers')) return TOO_LATE
        this.#meta.announced = announce(this.announced, entry.peer)
        this.#shapeChanged = true
        return NOTHING
      }
      case 'driver':
        return this.#ordered(entry) ?? NOTHING
      case 'digest':
        return entry.version === this.descriptor.epoch.version ? NOTHING : TOO_LATE
    }
  }

  /** An entry of the log that changed the Raft configuration to this. */
  configured(at: EntryAt, configuration: Configuration): AppliedEntry {
    this.#advance(at)
    const membership = reconfigured(this.#meta, configuration)
    if (membership.descriptor === this.descriptor) return NOTHING
    this.#meta.descriptor = membership.descriptor
    this.#meta.announced = membership.announced
    this.#shapeChanged = true
    return { outcome: 'done', writes: [], structure: { type: 'peers' } }
  }

  #data(entry: DataEntry): AppliedEntry {
    const meta = this.#meta
    if (entry.version !== meta.descriptor.epoch.version) return TOO_LATE
    let { rows, bytes } = meta.size
    for (const write of entry.writes) {
      this.#write(write)
      if (write.row !== 'version') continue
      rows++
      bytes += versionBytes(write.version)
    }
    meta.size = {
      rows: Math.max(0, rows - entry.freed.rows),
      bytes: Math.max(0, bytes - entry.freed.bytes),
    }
    if (entry.safePoint !== undefined) meta.safePoint = later(meta.safePoint, entry.safePoint)
    if (entry.session !== undefined) this.sessions.remember(entry.session)
    return { outcome: 'done', writes: entry.writes, structure: undefined }
  }

  /** What is known in memory of what the disk gets. */
  #write(write: RegionWrite): void {
    switch (write.row) {
      case 'version':
        this.#meta.highestCommit = later(this.#meta.highestCommit, write.version.commit)
        break
      case 'lock':
        this.locks.put(write.lock)
        break
      case 'unlock':
        this.locks.remove(write.key)
        break
      case 'drop':
        break
    }
  }

  #split(entry: SplitEntry): AppliedEntry {
    if (!this.#current(entry.epoch, 'split')) return TOO_LATE
    const problem = splitProblem(this.descriptor, entry)
    assert(problem === undefined, `a split in the log of region ${this.descriptor.id}: ${problem}`)
    const parts = splitDescriptors(this.descriptor, entry)
    const children = parts.children.map((child, i) => this.#childStart(child, entry.sizes[i]))
    for (const child of parts.children) this.locks.takeOut(child)
    this.#meta.descriptor = parts.parent
    this.#shapeChanged = true
    this.#meta.size = sizeAfterSplit(this.size, entry.sizes)
    return { outcome: 'done', writes: [], structure: { type: 'split', children } }
  }

  #childStart(descriptor: RegionDescriptor, size: Size = { rows: 0, bytes: 0 }): ChildStart {
    const state: ReplicaMeta = {
      ...this.meta(),
      descriptor,
      announced: [],
      appliedIndex: CHILD_BASE,
      appliedTerm: CHILD_BASE,
      size,
    }
    const configuration = configurationOf(descriptor.peers)
    return { state, sessions: this.sessions.records(), configuration }
  }

  /** Refuses what an old driver ordered, and remembers the newest. */
  #ordered({ driverEpoch }: { readonly driverEpoch: number }): AppliedEntry | undefined {
    if (driverEpoch === 0) return undefined
    if (driverEpoch < this.#meta.driverEpoch) return OLD_DRIVER
    this.#meta.driverEpoch = driverEpoch
    return undefined
  }

  #current(epoch: RegionDescriptor['epoch'], use: 'peers' | 'split'): boolean {
    return checkEpoch(this.descriptor.epoch, epoch, use) === 'ok'
  }

  #advance({ index, term }: EntryAt): void {
    const expected = this.#meta.appliedIndex + 1
    assert(
      index === expected,
      `entries are applied in order: ${index} came where ${expected} was due`,
    )
    this.#meta.appliedIndex = index
    this.#meta.appliedTerm = term
  }
}
