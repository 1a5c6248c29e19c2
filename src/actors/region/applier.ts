/**
 * Committed entries into the replicated state: one slice at a time, rows lazily behind, answers at once. What an
 * entry wrote and the applied index that counts it go to disk together, and so does all that a split makes.
 */

import { must } from '../../base/assert.ts'
import { decodeConfiguration } from '../../core/raft/configuration.ts'
import type { Entry } from '../../core/raft/types.ts'
import type { AppliedEntry, StructureChange } from '../../core/region/applied.ts'
import type { Timestamp } from '../../core/region/types.ts'
import type { Context } from '../../runtime/actor.ts'
import { regionOp, replicaOps } from '../../storage/region-rows.ts'
import type { StoreOp } from '../../storage/store.ts'
import { decodeRegionEntry } from '../../wire/region-entry.ts'
import type { Replica } from './replica.ts'

export interface ApplierHooks {
  /** What became of an entry: whoever waits for it here is told. */
  outcome(entry: Entry, outcome: AppliedEntry['outcome'], context: Context): void
  /** Range or peers changed. What it gives goes to disk with all that was applied. */
  structure(change: StructureChange, context: Context): readonly StoreOp[]
  /** Versions up to this timestamp are to be hashed. */
  digest(index: number, at: Timestamp): void
}

export class Applier {
  readonly #replica: Replica
  readonly #hooks: ApplierHooks

  constructor(replica: Replica, hooks: ApplierHooks) {
    this.#replica = replica
    this.#hooks = hooks
  }

  apply(entries: readonly Entry[], context: Context): void {
    const { state, keys, data } = this.#replica
    const ops: StoreOp[] = []
    for (const entry of entries) {
      const applied = this.#one(entry)
      for (const write of applied.writes) ops.push(regionOp(data, write))
      if (applied.structure !== undefined) {
        for (const op of this.#hooks.structure(applied.structure, context)) ops.push(op)
      }
      if (entry.kind === 'data') this.#hooks.outcome(entry, applied.outcome, context)
    }
    for (const op of replicaOps(keys, state.takeChanges())) ops.push(op)
    context.writeLazily(ops)
    const { index } = must(entries.at(-1), 'an apply effect has entries')
    this.#replica.raft.step({ type: 'applied', index })
  }

  #one(entry: Entry): AppliedEntry {
    const { state } = this.#replica
    switch (entry.kind) {
      case 'data':
        return this.#data(entry)
      case 'config':
        return state.configured(entry, decodeConfiguration(entry.data))
      case 'noop':
        state.skip(entry)
        return NOTHING
    }
  }

  #data(entry: Entry): AppliedEntry {
    const said = decodeRegionEntry(entry.data)
    const applied = this.#replica.state.apply(entry, said)
    if (said.type === 'digest' && applied.outcome === 'done') {
      this.#hooks.digest(entry.index, said.at)
    }
    return applied
  }
}

const NOTHING: AppliedEntry = { outcome: 'done', writes: [], structure: undefined }
