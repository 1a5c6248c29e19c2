/**
 * One Raft machine with what a caller must give it: a disk whose batches land when told, messages
 * held until their batch has landed, an applier. A crash keeps what landed and nothing else.
 */

import assert from 'node:assert/strict'
import { type PeerId, peerId } from '../../../src/base/ids.ts'
import { votersOnly } from '../../../src/core/raft/configuration.ts'
import type { GroupAudit } from '../../../src/core/raft/group-audit.ts'
import { RaftMachine } from '../../../src/core/raft/machine.ts'
import {
  type Configuration,
  type Entry,
  type HardState,
  RAFT_DEFAULTS,
  type RaftConfig,
  type RaftEffect,
  type RaftInput,
  type RaftMark,
  type RaftMessage,
  type SnapshotMeta,
} from '../../../src/core/raft/types.ts'

export interface Snapshot {
  readonly meta: SnapshotMeta
  readonly state: readonly string[]
}

/** What travels: a Raft message, or a whole snapshot in one piece. */
export type Parcel =
  | { readonly type: 'message'; readonly message: RaftMessage }
  | {
      readonly type: 'snapshot'
      readonly from: PeerId
      readonly to: PeerId
      readonly term: number
      readonly snapshot: Snapshot
    }

interface Disk {
  hardState: HardState
  base: SnapshotMeta
  entries: Entry[]
  applied: number
  state: readonly string[]
}

interface Batch {
  readonly changes: ((disk: Disk) => void)[]
  readonly held: Parcel[]
  /** Given to the machine once it landed. */
  readonly after: RaftInput[]
}

export interface PeerOptions {
  readonly config?: Partial<RaftConfig>
  readonly configuration?: Configuration
}

export class Peer {
  readonly id: PeerId
  machine: RaftMachine
  /** What was applied, in order: the data of entries as text. */
  state: string[] = []
  readonly reads: { token: number; index: number | undefined }[] = []
  readonly marks: RaftMark[] = []
  readonly #emit: (parcel: Parcel) => void
  readonly #audit: GroupAudit
  readonly #config: Partial<RaftConfig>
  readonly batches: Batch[] = []
  #disk: Disk
  #received = new Map<number, Snapshot>()
  #life = 0
  #keptApplied = 0
  /** Sees every effect as it is interpreted. */
  watch: (effect: RaftEffect) => void = () => {}

  constructor(id: number, options: PeerOptions, audit: GroupAudit, emit: (parcel: Parcel) => void) {
    this.id = peerId(id)
    this.#emit = emit
    this.#audit = audit
    this.#config = options.config ?? {}
    this.#disk = {
      hardState: { term: 0, vote: undefined, commit: 0 },
      base: { index: 0, term: 0, configuration: options.configuration ?? votersOnly([]) },
      entries: [],
      applied: 0,
      state: [],
    }
    this.machine = this.#boot()
  }

  get status() {
    return this.machine.status()
  }

  get leads(): boolean {
    return this.machine.core.role === 'leader'
  }

  #boot(): RaftMachine {
    const { hardState, base, entries, applied, state } = this.#disk
    this.state = [...state]
    this.#keptApplied = applied
    const seed = Number(this.id) * 7919 + this.#life++ * 104729 + (this.#config.seed ?? 0)
    const config = { ...RAFT_DEFAULTS, ...this.#config, self: this.id, seed }
    return new RaftMachine(config, { hardState, base, entries: [...entries], applied })
  }

  /** One input and the turn after it. */
  step(input: RaftInput): void {
    this.machine.step(input)
    this.turn()
  }

  /** Ends a turn: effects into a batch, over and over until nothing more comes of it. */
  turn(): void {
    const batch: Batch = { changes: [], held: [], after: [] }
    for (;;) {
      const effects = this.machine.take()
      const broken = this.#audit.observe(this.machine)
      assert.deepEqual(broken, [])
      if (effects.length === 0) break
      for (const effect of effects) this.#interpret(effect, batch)
    }
    this.#keepApplied(batch)
    this.batches.push(batch)
    while (this.batches[0]?.after.length === 0) this.#land(this.batches.shift() as Batch)
  }

  /** The oldest batch reaches the disk; false when none is under way. */
  land(): boolean {
    const batch = this.batches.shift()
    if (!batch) return false
    this.#land(batch)
    for (const input of batch.after) this.machine.step(input)
    this.turn()
    return true
  }

  #land(batch: Batch): void {
    for (const change of batch.changes) change(this.#disk)
    for (const parcel of batch.held) this.#emit(parcel)
  }

  #keepApplied(batch: Batch): void {
    const { applied } = this.machine.core
    if (applied === this.#keptApplied) return
    this.#keptApplied = applied
    const state = [...this.state]
    batch.changes.push((disk) => keepApplied(disk, applied, state))
  }

  landAll(): void {
    while (this.land()) {}
  }

  /** Loses everything that has not landed, and starts again. */
  crash(): void {
    this.batches.length = 0
    this.#received.clear()
    this.machine = this.#boot()
    assert.deepEqual(this.#audit.restarted(this.machine), [])
    this.turn()
  }

  receive(parcel: Parcel): void {
    if (parcel.type === 'message') {
      this.step({ type: 'message', message: parcel.message })
      return
    }
    const { from, term, snapshot } = parcel
    this.#received.set(snapshot.meta.index, snapshot)
    this.step({ type: 'snapshot-received', from, term, snapshot: snapshot.meta })
  }

  #interpret(effect: RaftEffect, batch: Batch): void {
    this.watch(effect)
    switch (effect.type) {
      case 'persist':
        batch.changes.push((disk) => keepLog(disk, effect))
        batch.after.push({ type: 'persisted', batch: effect.batch })
        return
      case 'send': {
        const parcel: Parcel = { type: 'message', message: effect.message }
        if (effect.now) this.#emit(parcel)
        else batch.held.push(parcel)
        return
      }
      case 'apply':
        this.#apply(effect.entries)
        return
      case 'read-state':
        this.reads.push({ token: effect.token, index: effect.index })
        return
      case 'read-refused':
        this.reads.push({ token: effect.token, index: undefined })
        return
      case 'fetch-log':
        this.#fetch(effect, batch)
        return
      case 'send-snapshot':
        this.#sendSnapshot(effect.to, effect.atLeastIndex)
        return
      case 'install-snapshot':
        this.#install(effect.snapshot, batch)
        return
      case 'compact-log':
        batch.changes.push((disk) => {
          if (effect.base.index <= disk.base.index) return
          disk.base = effect.base
          disk.entries = disk.entries.filter((entry) => entry.index > effect.base.index)
        })
        return
      case 'mark':
        this.marks.push(effect.name)
        return
      default:
    }
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.state.push(entry.kind === 'data' ? new TextDecoder().decode(entry.data) : entry.kind)
    }
    const last = entries.at(-1) as Entry
    assert.equal(this.state.length, last.index, 'every entry is applied exactly once, in order')
    this.machine.step({ type: 'applied', index: last.index })
  }

  /** What is asked for has left memory, so it is on disk or in a batch on its way there. */
  #fetch(effect: Extract<RaftEffect, { type: 'fetch-log' }>, batch: Batch): void {
    const disk: Disk = { ...this.#disk, entries: [...this.#disk.entries] }
    for (const { changes } of [...this.batches, batch]) for (const change of changes) change(disk)
    const all = disk.entries.filter(({ index }) => index >= effect.from && index <= effect.to)
    const entries: Entry[] = []
    let bytes = 0
    for (const entry of all) {
      bytes += entry.data.length
      if (bytes > effect.maxBytes && entries.length > 0) break
      entries.push(entry)
    }
    this.machine.step({ type: 'log-fetched', token: effect.token, entries })
  }

  #sendSnapshot(to: PeerId, atLeastIndex: number): void {
    const { applied, term } = this.machine.core
    assert.ok(applied >= atLeastIndex)
    const snapshot = { meta: this.machine.snapshotAt(applied), state: [...this.state] }
    this.#emit({ type: 'snapshot', from: this.id, to, term, snapshot })
    this.machine.step({ type: 'snapshot-sent', to, index: applied })
  }

  #install(meta: SnapshotMeta, batch: Batch): void {
    const snapshot = this.#received.get(meta.index) as Snapshot
    batch.changes.push((disk) => {
      disk.base = meta
      disk.entries = []
      disk.applied = meta.index
      disk.state = snapshot.state
      this.state = [...snapshot.state]
    })
    batch.after.push({ type: 'snapshot-installed', index: meta.index })
  }
}

function keepLog(disk: Disk, persist: Extract<RaftEffect, { type: 'persist' }>): void {
  const { hardState, truncate, entries } = persist
  if (hardState) disk.hardState = hardState
  if (truncate) disk.entries = disk.entries.filter((entry) => entry.index < truncate.from)
  for (const entry of entries) {
    const last = disk.entries.at(-1)?.index ?? disk.base.index
    assert.equal(entry.index, last + 1, 'the log on disk has no gap')
    disk.entries.push(entry)
  }
}

function keepApplied(disk: Disk, applied: number, state: readonly string[]): void {
  if (applied <= disk.applied) return
  disk.applied = applied
  disk.state = state
}
