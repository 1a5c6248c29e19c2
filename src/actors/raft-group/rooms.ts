/** The rooms of a member at work, and which of them knows which. */

import type { GroupId } from '../../base/ids.ts'
import { RaftMachine } from '../../core/raft/machine.ts'
import { RAFT_DEFAULTS, type RaftConfig } from '../../core/raft/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import { CommitWord } from '../consensus/commit-word.ts'
import type { TreeOptions, TreePorts } from '../options.ts'
import { Admission } from './admission.ts'
import { Applier } from './applier.ts'
import { EffectRunner } from './effects.ts'
import { Fence } from './fence.ts'
import { History } from './history.ts'
import { Membership } from './membership.ts'
import { Neighbours } from './neighbours.ts'
import { Reads } from './reads.ts'
import { Reclaim } from './reclaim.ts'
import type { Recovered } from './recovery.ts'
import { Replica } from './replica.ts'
import { Scrubber } from './scrubber.ts'
import { Snapshots } from './snapshots.ts'
import { Values } from './values.ts'
import { Writes } from './writes.ts'

export interface RoomsParts {
  readonly group: GroupId
  readonly keys: GroupKeys
  readonly options: TreeOptions
  readonly ports: TreePorts
  readonly recovered: Recovered
}

export class Rooms {
  readonly replica: Replica
  readonly values: Values
  readonly writes: Writes
  readonly reads: Reads
  readonly membership: Membership
  readonly history: History
  readonly neighbours: Neighbours
  readonly snapshots: Snapshots
  readonly fence: Fence
  readonly admission: Admission
  readonly reclaim: Reclaim
  readonly commitWord: CommitWord
  readonly scrubber: Scrubber
  readonly effects: EffectRunner

  constructor(parts: RoomsParts, context: Context) {
    const { recovered, options } = parts
    const raft = new RaftMachine(raftConfig(recovered, options, context), recovered.restored)
    const replica = new Replica({ ...parts, ...recovered, raft })
    this.replica = replica
    this.values = new Values(parts.keys, options.limits.valueCacheBytes)
    this.commitWord = new CommitWord(replica)
    this.writes = new Writes(replica, this.commitWord)
    this.reads = new Reads(replica, this.values)
    this.membership = new Membership(replica)
    this.history = new History(replica, this.values)
    this.neighbours = new Neighbours(replica)
    this.fence = new Fence(replica)
    this.admission = new Admission(parts.ports, options.limits)
    this.reclaim = new Reclaim(parts.keys, options.limits)
    this.scrubber = new Scrubber(replica, this.admission, this.reclaim)
    this.snapshots = new Snapshots(replica, this.admission, {
      interrupted: (at) => this.#interrupt(at),
      replaced: (at) => this.neighbours.greet(at),
    })
    this.effects = new EffectRunner(replica, {
      applier: new Applier(replica, this.values, this.writes, this.membership),
      writes: this.writes,
      reads: this.reads,
      neighbours: this.neighbours,
      snapshots: this.snapshots,
      reclaim: this.reclaim,
      commitWord: this.commitWord,
    })
  }

  /** Somebody waits here for what only time or consensus brings. */
  get waiting(): boolean {
    return this.writes.waiting + this.reads.waiting + this.scrubber.waiting > 0
  }

  #interrupt(context: Context): void {
    this.reads.interrupt(context)
    this.history.interrupt(context)
    this.values.interrupt(context)
  }
}

function raftConfig(recovered: Recovered, options: TreeOptions, context: Context): RaftConfig {
  const { limits } = options
  return {
    ...RAFT_DEFAULTS,
    self: recovered.self,
    // Peers must never draw alike, even where their hosts do.
    seed: (context.random(2 ** 31) + recovered.self * 0x9e3779b1) % 2 ** 31,
    electionTicks: limits.electionTicks,
    catchUpEntries: limits.keepEntries,
    quiesceTicks: limits.quiesceTicks,
    maxUncommittedBytes: limits.maxUncommittedBytes,
  }
}
