/** The rooms of a region's peer at work, and which of them knows which. */

import { must } from '../../base/assert.ts'
import { RaftMachine } from '../../core/raft/machine.ts'
import { RAFT_DEFAULTS, type RaftConfig } from '../../core/raft/types.ts'
import type { StructureChange } from '../../core/region/applied.ts'
import type { RegionId } from '../../core/region/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import type { StoreOp } from '../../storage/store.ts'
import { CommitWord } from '../consensus/commit-word.ts'
import { RaftDisk } from '../consensus/raft-disk.ts'
import type { RegionOptions } from '../flare-options.ts'
import type { TreeOptions, TreePorts } from '../options.ts'
import { Admission } from './admission.ts'
import { Applier } from './applier.ts'
import { Children } from './children.ts'
import { Collector } from './collector.ts'
import { Commands } from './commands.ts'
import { Digests } from './digests.ts'
import { EffectRunner } from './effects.ts'
import { Fence } from './fence.ts'
import { Heat } from './heat.ts'
import { Leadership } from './leadership.ts'
import { Members } from './members.ts'
import { Neighbours } from './neighbours.ts'
import { Orders } from './orders.ts'
import { Reads } from './reads.ts'
import type { Recovered } from './recovery.ts'
import { Replica } from './replica.ts'
import { Reports } from './reports.ts'
import { Resolver } from './resolver.ts'
import { Snapshots } from './snapshots.ts'
import { Splits } from './splits.ts'

export interface RoomsParts {
  readonly id: RegionId
  readonly keys: GroupKeys
  readonly options: TreeOptions
  readonly ports: TreePorts
  readonly recovered: Recovered
}

export class Rooms {
  readonly replica: Replica
  readonly leadership: Leadership
  readonly commands: Commands
  readonly reads: Reads
  readonly members: Members
  readonly splits: Splits
  readonly orders: Orders
  readonly digests: Digests
  readonly children: Children
  readonly admission: Admission
  readonly snapshots: Snapshots
  readonly neighbours: Neighbours
  readonly reports: Reports
  readonly collector: Collector
  readonly resolver: Resolver
  readonly fence: Fence
  readonly commitWord: CommitWord
  readonly effects: EffectRunner

  constructor(parts: RoomsParts, context: Context) {
    const { recovered, keys, options } = parts
    const { region } = must(options.flare, 'a node with regions has FlareDB')
    const config = raftConfig(recovered, options, region, context)
    const raft = new RaftMachine(config, recovered.restored)
    const disk = new RaftDisk(raft, keys, recovered.logRows)
    this.replica = new Replica({ ...parts, ...recovered, raft, disk })
    this.leadership = new Leadership(this.replica)
    const heat = new Heat(region.splitOps)
    this.admission = new Admission(parts.ports, options.limits)
    this.commands = new Commands(this.replica, this.leadership, this.admission, heat)
    this.reads = new Reads(this.replica, this.leadership, heat)
    this.collector = new Collector(this.replica, this.leadership, this.commands)
    this.resolver = new Resolver(this.replica, this.leadership, this.commands)
    this.members = new Members(this.replica)
    this.splits = new Splits(this.replica, this.leadership, heat)
    this.orders = new Orders(this.replica, this.leadership, this.members, this.splits)
    this.digests = new Digests(this.replica, this.leadership, this.commands)
    this.children = new Children(this.replica)
    this.neighbours = new Neighbours(this.replica)
    this.reports = new Reports(this.replica, this.commands, this.reads, context.nowMs)
    this.fence = new Fence(this.replica)
    this.commitWord = new CommitWord(this.replica)
    this.snapshots = new Snapshots(this.replica, this.admission, {
      interrupted: (at) => {
        this.reads.end(at)
        this.digests.forget(at)
      },
      replaced: (at) => this.#replaced(at),
    })
    this.effects = new EffectRunner(this.replica, {
      applier: this.#applier(),
      reads: this.reads,
      commitWord: this.commitWord,
      applied: (at) => this.#applied(at),
      leaderChanged: (at) => this.#leaderChanged(at),
      snapshot: (effect, at) => this.snapshots.perform(effect, at),
    })
  }

  /** Somebody waits here for what only time or consensus brings. */
  get waiting(): boolean {
    const asked = this.commands.waiting + this.reads.waiting > 0
    const busy = this.collector.busy || this.resolver.busy
    return asked || this.leadership.waiting || this.children.waiting || busy
  }

  #applier(): Applier {
    return new Applier(this.replica, {
      outcome: (entry, outcome, context) => {
        this.splits.applied(entry.index)
        this.commands.applied(entry, outcome, context)
      },
      structure: (change, context) => this.#structure(change, context),
      digest: (index, at) => this.digests.applied(index, at),
    })
  }

  #structure(change: StructureChange, context: Context): readonly StoreOp[] {
    this.reports.soon()
    if (change.type === 'split') return this.children.born(change.children, context)
    this.members.changed(context)
    this.neighbours.register(context)
    return []
  }

  #applied(context: Context): void {
    this.members.announced()
    this.children.advance(context)
    this.leadership.advance(context)
    this.reads.applied(context)
    this.commands.run(context)
    this.digests.advance(context)
    this.reports.advance(context)
  }

  /** A snapshot made this region what it became elsewhere. */
  #replaced(context: Context): void {
    this.replica.lateChildren = []
    this.members.changed(context)
    this.neighbours.register(context)
    this.reports.soon()
    this.reports.advance(context)
  }

  #leaderChanged(context: Context): void {
    const over = this.leadership.end()
    this.commands.end(over, context)
    this.reads.end(context)
    this.splits.end()
    this.collector.end()
    this.resolver.end()
    this.snapshots.leaderChanged(context)
    this.reports.soon()
  }
}

function raftConfig(
  { self }: Recovered,
  { limits }: TreeOptions,
  { keepEntries, tailBytes }: RegionOptions,
  context: Context,
): RaftConfig {
  return {
    ...RAFT_DEFAULTS,
    self,
    // Peers must never draw alike, even where their hosts do.
    seed: (context.random(2 ** 31) + self * 0x9e3779b1) % 2 ** 31,
    electionTicks: limits.electionTicks,
    catchUpEntries: keepEntries,
    tailBytes,
    quiesceTicks: limits.quiesceTicks,
    maxUncommittedBytes: limits.maxUncommittedBytes,
  }
}
