/**
 * All of a simulated cluster: nodes over one kernel and one fabric, and what is known about it from
 * outside – who leads, who is up, what is wrong.
 */

import { type FlareOptions, SYSTEM } from '../../src/actors/flare-options.ts'
import { GROUP_LIMITS, type GroupLimits } from '../../src/actors/options.ts'
import type { RegionInspection } from '../../src/actors/region/status.ts'
import { actorKinds, supervisionTree } from '../../src/actors/tree.ts'
import { must } from '../../src/base/assert.ts'
import { type GroupId, groupId, type NodeName, nodeName } from '../../src/base/ids.ts'
import { type Log, SILENT } from '../../src/base/ports/log.ts'
import type { Shard, ShardProgram } from '../../src/runtime/shard.ts'
import { BATCH_RING } from '../../src/storage/batch-ring.ts'
import type { Store } from '../../src/storage/store.ts'
import { CODEC } from '../../src/wire/codec.ts'
import { DiskWitness } from '../checkers/disk-witness.ts'
import type { Finding } from '../checkers/findings.ts'
import { FlareCheck } from '../checkers/flare/flare-check.ts'
import { regionOn } from '../checkers/flare/regions-at-work.ts'
import { GroupsCheck, type Member, memberOn } from '../checkers/groups.ts'
import { nodeNames, type Schedule } from '../faults/schedule.ts'
import { NodeClock } from './clock.ts'
import { SimDisk } from './disk.ts'
import { Fabric } from './fabric.ts'
import { flareOptions } from './flare-options.ts'
import { Kernel } from './kernel.ts'
import { SimNode } from './node.ts'
import { Randomness } from './random.ts'

export const GROUP = groupId('chainfire')

/** Limits narrowed so that short runs meet what takes real clusters days. */
const NARROW: Partial<GroupLimits> = {
  requestTimeoutMs: 3000,
  snapshotChunkBytes: 2048,
  valueCacheBytes: 4096,
  scrubRows: 20,
  watchResponseBytes: 400,
  watchProgressMs: 5000,
}

export interface Watching {
  /** A node's process, or one shard of it, is gone. */
  lost(node: string, shard: number | undefined): void
  mark(name: string): void
}

export class World {
  readonly kernel: Kernel
  readonly randomness: Randomness
  readonly fabric: Fabric
  /** The one that takes changes of members and clients of Chainfire; beneath FlareDB it is its own. */
  readonly group: GroupId
  readonly witness: DiskWitness
  readonly groups: GroupsCheck
  /** Undefined: a run of Chainfire alone. */
  readonly flare: FlareCheck | undefined
  /** What broke by itself, beside what checkers find. */
  readonly findings: Finding[] = []
  readonly #nodes = new Map<string, SimNode>()
  readonly #schedule: Schedule
  readonly #watching: Watching
  readonly #log: Log
  readonly #options: FlareOptions | undefined

  /** `options`: FlareDB beside Chainfire's group, where the schedule does not ask for it by itself. */
  constructor(
    schedule: Schedule,
    watching: Watching,
    log: Log = SILENT,
    options: FlareOptions | undefined = undefined,
  ) {
    this.#schedule = schedule
    this.#watching = watching
    this.#log = log
    this.group = schedule.cluster.flare === undefined ? GROUP : SYSTEM
    this.witness = new DiskWitness(this.group)
    this.groups = new GroupsCheck((node) => this.witness.lastEntryOn(node))
    const { flare } = schedule.cluster
    this.#options = flare === undefined ? options : flareOptions(flare, schedule.cluster)
    this.flare = flare && new FlareCheck()
    this.randomness = new Randomness(schedule.seed)
    this.kernel = new Kernel(this.randomness.stream('sched', ''))
    const names = nodeNames(schedule.cluster).map(nodeName)
    this.fabric = new Fabric(this.kernel, this.randomness, names)
    for (const name of names) this.#nodes.set(name, this.#makeNode(name))
  }

  get nodes(): readonly SimNode[] {
    return [...this.#nodes.values()]
  }

  node(name: string): SimNode {
    return must(this.#nodes.get(name), `there is no node ${name}`)
  }

  get founders(): readonly NodeName[] {
    return nodeNames(this.#schedule.cluster).slice(0, this.#schedule.cluster.nodes).map(nodeName)
  }

  /** The machines of a node's member, if it is up and back from its disk. */
  member(node: SimNode): Member | undefined {
    for (const shard of node.shards) {
      const member = shard && memberOn(shard, this.group)
      if (member) return member
    }
    return undefined
  }

  /** Who believes to lead, in the highest term. */
  leader(): SimNode | undefined {
    let best: { readonly node: SimNode; readonly term: number } | undefined
    for (const node of this.nodes) {
      const core = this.member(node)?.raft.core
      if (core?.role !== 'leader') continue
      if (best === undefined || core.term > best.term) best = { node, term: core.term }
    }
    return best?.node
  }

  /** A node whose peer of some region serves it. */
  leadsRegion(node: SimNode): boolean {
    return this.regionsOn(node).some(({ status }) => status.serving)
  }

  /** All peers at work there. */
  regionsOn({ shards }: SimNode): readonly RegionInspection[] {
    const ids = this.flare?.disks.ids() ?? []
    return shards.flatMap((shard) =>
      shard === undefined ? [] : ids.flatMap((id) => regionOn(shard, id) ?? []),
    )
  }

  /** The shard on which a node's group lives. */
  groupShard(node: SimNode): Shard | undefined {
    return node.shards.find((shard) => shard?.actor('raft-group', this.group) !== undefined)
  }

  lost(node: string, shard?: number): void {
    this.#watching.lost(node, shard)
  }

  #makeNode(name: NodeName): SimNode {
    const { kernel, randomness, fabric } = this
    const { cluster, clocks } = this.#schedule
    const disk = new SimDisk(
      kernel,
      randomness.stream('disk', name),
      name,
      cluster.disk === 'apart',
    )
    const clock = clocks[name] ?? { skewMs: 0, driftPpm: 0 }
    const startUs = randomness.stream('clock', name).below(1_000_000_000)
    const node = new SimNode({
      name,
      workers: cluster.shards,
      kernel,
      randomness,
      fabric,
      disk,
      clock: new NodeClock(kernel, clock, startUs),
      log: this.#log,
      program: (process) => this.#program(name, process),
      events: {
        mark: (mark) => this.#watching.mark(mark),
        actor: (event) => {
          if (event.type !== 'failed') return
          this.#found('actor', `${name}: ${event.at.kind} failed for good: ${event.reason}`)
        },
        turned: (shard) => this.#look(node, shard),
        ended: (_node, reason) => this.#ended(name, reason),
        broken: (_node, error) => this.#broken(name, error),
      },
    })
    disk.onLanded = (ops) => {
      this.witness.landed(name, ops, kernel.nowUs)
      this.flare?.landed(name, ops, kernel.nowUs)
    }
    return node
  }

  #look(node: SimNode, shard: Shard): void {
    const { nowUs } = this.kernel
    this.groups.look(node, shard, [this.group], nowUs)
    this.flare?.look(node, shard, nowUs)
  }

  #program(
    name: NodeName,
    process: { incarnation: string; rejoin: boolean; store: Store },
  ): ShardProgram {
    const { cluster } = this.#schedule
    const { compactEntries, keepEntries } = cluster
    const limits = { ...GROUP_LIMITS, ...NARROW, compactEntries, keepEntries }
    const options = {
      node: name,
      founders: this.founders,
      groups: this.#groupsOn(name),
      workers: cluster.shards,
      incarnation: process.incarnation,
      rejoin: process.rejoin,
      limits,
      flare: this.#options,
    }
    return {
      kinds: actorKinds(options, { disk: () => process.store.stats() }),
      tree: supervisionTree(options),
      codec: CODEC,
      ring: BATCH_RING,
      local: cluster.messages,
    }
  }

  #groupsOn(name: NodeName): readonly GroupId[] {
    const founds = this.founders.includes(name)
    if (this.group === SYSTEM) return founds ? [SYSTEM] : []
    return this.#options !== undefined && founds ? [GROUP, SYSTEM] : [GROUP]
  }

  /** A node ended itself: right when its disk is full or was wiped, wrong otherwise. */
  #ended(name: string, reason: string): void {
    this.kernel.note(name, 'ended', reason.length, reason)
    this.#watching.lost(name, undefined)
    if (reason.includes('ENOSPC')) return
    if (this.node(name).wipes > 0 && reason.includes('another data directory')) return
    this.#found('node', `${name} ended itself: ${reason}`)
  }

  #broken(name: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#found('thrown', `${name}: ${text}`)
  }

  #found(promise: string, sentence: string): void {
    this.findings.push({ promise, sentence, atUs: this.kernel.nowUs })
  }
}
