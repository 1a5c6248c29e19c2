/**
 * Carries out a schedule: resolves each step's targets when it fires, does it, and undoes what lasts.
 * Of two lasting faults of a kind the first to end ends both: nothing outlives the healing.
 */

import { address } from '../../src/runtime/address.ts'
import type { Shard } from '../../src/runtime/shard.ts'
import type { GroupChange, GroupChangeStep, GroupTransfer } from '../../src/wire/messages/group.ts'
import { USUAL_FREE_BYTES, USUAL_SYNC_US } from '../world/disk.ts'
import { CALM } from '../world/fabric.ts'
import type { SimNode } from '../world/node.ts'
import type { Stream } from '../world/random.ts'
import type { World } from '../world/world.ts'
import type { Fault, PersistPoint, Schedule, Step } from './schedule.ts'

export type Of<K extends Fault['kind']> = Extract<Fault, { readonly kind: K }>

const REJOIN_US = 2_000_000

export interface Struck {
  /** A fault hit these nodes. */
  hit(kind: string, nodes: readonly string[]): void
  /** What an operator asks of FlareDB's driver. */
  operate?(fault: Of<'region' | 'store'>): void
  /** Clients are silent until the next word. */
  lull(on: boolean): void
}

export class Injector {
  readonly #world: World
  readonly #schedule: Schedule
  readonly #struck: Struck
  readonly #random: Stream
  /** What to undo when everything is healed. */
  readonly #lasting = new Set<() => void>()
  /** Wiped nodes that come back under a new member id. */
  readonly #rejoins = new Set<string>()
  #healed = false
  #over = false
  /** Nodes that lost their disk. */
  readonly wiped = new Set<string>()

  constructor(world: World, schedule: Schedule, struck: Struck) {
    this.#world = world
    this.#schedule = schedule
    this.#struck = struck
    this.#random = world.randomness.stream('inject', '')
  }

  start(): void {
    for (const step of this.#schedule.timeline) {
      const label = { node: '', kind: `fault.${step.fault.kind}` }
      this.#world.kernel.at(step.atUs, label, () => {
        if (!this.#healed) this.#fire(step)
      })
    }
  }

  /** Every fault ends: what was stopped runs, what was blocked is open, what was wiped comes back. */
  heal(): void {
    this.#healed = true
    for (const undo of [...this.#lasting]) undo()
    this.#lasting.clear()
    for (const node of this.#world.nodes) {
      node.pause(false)
      if (!node.up) this.#start(node)
    }
  }

  #fire({ fault, forUs }: Step): void {
    switch (fault.kind) {
      case 'crash':
        this.#each(fault.node, (node) => this.#crash(node, fault))
        return
      case 'crash-shard':
        this.#each(fault.node, (node) => this.#crashShard(node, fault))
        return
      case 'throw':
        this.#each(fault.node, (node) => this.#throwIn(node, fault))
        return
      case 'stop':
        this.#each(fault.node, (node) => this.#stop(node, fault.restartUs))
        return
      case 'pause':
        this.#each(fault.node, (node) => this.#pause(node, forUs))
        return
      case 'partition':
        this.#partition(fault, forUs)
        return
      case 'flap':
        this.#flap(fault, forUs)
        return
      case 'cut':
        this.#cut(fault)
        return
      case 'weather':
        this.#weather(fault, forUs)
        return
      case 'clock':
        this.#each(fault.node, (node) => this.#clock(node, fault))
        return
      case 'slow-disk':
        this.#each(fault.node, (node) => this.#slowDisk(node, fault, forUs))
        return
      case 'full-disk':
        this.#each(fault.node, (node) => this.#fullDisk(node, fault, forUs))
        return
      case 'wipe':
        this.#each(fault.node, (node) => this.#wipe(node, fault))
        return
      case 'lull':
        this.#lull(forUs)
        return
      case 'member':
        this.#member(fault)
        return
      case 'join':
        this.#each(fault.node, (node) => this.#start(node))
        return
      case 'region':
      case 'store':
        this.#struck.operate?.(fault)
    }
  }

  #crash(node: SimNode, fault: Of<'crash'>): void {
    this.#at(node, fault.point, () => {
      this.#hit('crash', [node])
      this.#down(node)
      this.#later(fault.restartUs, node.name, () => this.#start(node))
    })
  }

  #down(node: SimNode): void {
    node.crash()
    this.#world.lost(node.name)
  }

  /** The run is over: whatever stops now stays so. */
  end(): void {
    this.#over = true
  }

  #start(node: SimNode): void {
    if (node.up || this.#over) return
    node.start(this.#rejoins.has(node.name))
    // A node that finds its disk full, or itself wiped, ends at once: it is tried again.
    this.#later(REJOIN_US, node.name, () => this.#start(node))
  }

  #crashShard(node: SimNode, fault: Of<'crash-shard'>): void {
    const shard = Math.min(fault.shard, this.#schedule.cluster.shards)
    // The main thread's end is the process's.
    if (shard === 0) return
    this.#at(node, fault.point, () => {
      if (node.shards[shard] === undefined) return
      this.#hit('crash-shard', [node])
      node.crashShard(shard)
      this.#world.lost(node.name, shard)
    })
  }

  #throwIn(node: SimNode, fault: Of<'throw'>): void {
    this.#at(node, fault.point, () => {
      if (node.shards.some((shard) => shard && this.#throwOn(shard, fault.actor))) {
        this.#hit('throw', [node])
      }
    })
  }

  /** The first of its kind on this shard. */
  #throwOn(shard: Shard, kind: string): boolean {
    const found = shard.inspect().actors.find((actor) => actor.kind === kind)
    return found !== undefined && shard.throwNext(kind, found.key)
  }

  #stop(node: SimNode, restartUs: number): void {
    if (!node.up || node.paused) return
    this.#hit('stop', [node])
    node.stop(() => {
      this.#world.lost(node.name)
      this.#later(restartUs, node.name, () => this.#start(node))
    })
  }

  #pause(node: SimNode, forUs: number): void {
    if (!node.up) return
    this.#hit('pause', [node])
    node.pause(true)
    this.#lasts(forUs, node.name, () => node.pause(false))
  }

  #partition(fault: Of<'partition'>, forUs: number): void {
    const links = this.#links(fault.from, fault.to)
    if (links.length === 0) return
    this.#hit('partition', links.flat())
    const set = (blocked: boolean): void => {
      for (const [from, to] of links) {
        this.#world.fabric.block(from.name, to.name, blocked)
        if (!fault.oneWay) this.#world.fabric.block(to.name, from.name, blocked)
      }
    }
    set(true)
    this.#lasts(forUs, 'links', () => set(false))
  }

  #flap(fault: Of<'flap'>, forUs: number): void {
    const links = this.#links(fault.from, fault.to)
    if (links.length === 0) return
    this.#hit('flap', links.flat())
    let blocked = false
    let over = false
    const turn = (): void => {
      if (over) return
      blocked = !blocked
      for (const [from, to] of links) this.#world.fabric.block(from.name, to.name, blocked)
      this.#later(blocked ? fault.closedUs : fault.openUs, 'links', turn)
    }
    turn()
    this.#lasts(forUs, 'links', () => {
      over = true
      for (const [from, to] of links) this.#world.fabric.block(from.name, to.name, false)
    })
  }

  #cut(fault: Of<'cut'>): void {
    const links = this.#links(fault.from, fault.to)
    if (links.length === 0) return
    this.#hit('cut', links.flat())
    for (const [from, to] of links) this.#world.fabric.cut(from.name, to.name)
  }

  #weather(fault: Of<'weather'>, forUs: number): void {
    const { weather } = this.#world.fabric
    const { dropPpm, reorderPpm, latencyUs } = fault
    Object.assign(weather, { dropPpm, reorderPpm, latencyUs })
    this.#hit('weather', this.#world.nodes)
    this.#lasts(forUs, 'links', () => Object.assign(weather, CALM))
  }

  #clock(node: SimNode, fault: Of<'clock'>): void {
    node.setup.clock.jump(fault.jumpMs)
    node.setup.clock.setDrift(fault.driftPpm)
    this.#hit('clock', [node])
  }

  #slowDisk(node: SimNode, fault: Of<'slow-disk'>, forUs: number): void {
    const { disk } = node.setup
    disk.syncUs = fault.syncUs
    this.#hit('slow-disk', [node])
    this.#lasts(forUs, node.name, () => {
      disk.syncUs = USUAL_SYNC_US
    })
  }

  #fullDisk(node: SimNode, fault: Of<'full-disk'>, forUs: number): void {
    const { disk } = node.setup
    disk.freeBytes = fault.freeBytes
    this.#hit('full-disk', [node])
    this.#lasts(forUs, node.name, () => {
      disk.freeBytes = USUAL_FREE_BYTES
    })
  }

  /** One disk of a run at most: two lost disks of three lose what was acknowledged, rightly. */
  #wipe(node: SimNode, fault: Of<'wipe'>): void {
    if (this.wiped.size > 0 || this.#schedule.cluster.nodes < 3) return
    this.wiped.add(node.name)
    this.#hit('wipe', [node])
    this.#world.lost(node.name)
    node.wipe()
    this.#world.witness.wiped(node.name)
    this.#world.groups.diskLost(node.name)
    if (fault.rejoin) this.#rejoins.add(node.name)
    this.#later(fault.restartUs, node.name, () => this.#start(node))
    this.#later(fault.restartUs + REJOIN_US, node.name, () => this.#rejoin(node))
  }

  /** What an operator does who has read the one line. */
  #rejoin(node: SimNode): void {
    if (this.#over) return
    this.#rejoins.add(node.name)
    if (this.#world.member(node) === undefined) this.#down(node)
    this.#start(node)
  }

  /** Asks the leader, as an operator would; a refusal is an answer too. */
  #member({ node, change }: Of<'member'>): void {
    const leader = this.#world.leader()
    const shard = leader && this.#world.groupShard(leader)
    const target = this.#resolve(node)[0]
    if (leader === undefined || shard === undefined || target === undefined) return
    const message: GroupChange | GroupTransfer =
      change === 'transfer'
        ? { kind: 'group.transfer', node: target.name }
        : { kind: 'group.change', steps: this.#steps(leader, target, change) }
    this.#hit('member', [leader])
    shard.outside.askThen(
      address(leader.name, 'raft-group', this.#world.group),
      message,
      2000,
      (outcome) => {
        this.#world.kernel.note(leader.name, `member.${change}`, Number(outcome.ok))
      },
    )
  }

  #steps(
    leader: SimNode,
    target: SimNode,
    change: 'promote' | 'demote' | 'remove' | 'swap',
  ): GroupChangeStep[] {
    if (change !== 'swap') return [{ step: change, node: target.name }]
    const learners = this.#world.member(leader)?.raft.core.configuration.learners ?? []
    const learner = this.#world.nodes.find((each) => {
      const self = this.#world.member(each)?.raft.core.self
      return self !== undefined && learners.includes(self)
    })
    const steps: GroupChangeStep[] = [{ step: 'demote', node: target.name }]
    if (learner) steps.push({ step: 'promote', node: learner.name })
    return steps
  }

  #lull(forUs: number): void {
    this.#struck.lull(true)
    this.#lasts(forUs, '', () => this.#struck.lull(false))
  }

  /** Runs `act` when this node's disk is at that point, or after a second. */
  #at(node: SimNode, point: PersistPoint, act: () => void): void {
    if (!node.up) return
    const { process } = node
    let done = false
    const once = (): void => {
      if (done || this.#healed || node.process !== process || !node.up) return
      done = true
      act()
    }
    if (point === 'now') {
      once()
      return
    }
    node.setup.disk.atPoint(point, once)
    this.#later(1_000_000, node.name, once)
  }

  #each(target: string, act: (node: SimNode) => void): void {
    for (const node of this.#resolve(target)) act(node)
  }

  #resolve(target: string): readonly SimNode[] {
    const { nodes } = this.#world
    const leader = this.#world.leader()
    if (target === 'all') return nodes
    if (target === 'leader') return leader ? [leader] : [this.#random.pick(nodes)]
    if (target === 'follower') return [this.#random.pick(nodes.filter((node) => node !== leader))]
    if (target === 'region-leader') {
      const leading = nodes.filter((node) => this.#world.leadsRegion(node))
      return [this.#random.pick(leading.length > 0 ? leading : nodes)]
    }
    if (target === 'random') return [this.#random.pick(nodes)]
    if (target === 'minority') {
      const size = Math.floor((nodes.length - 1) / 2)
      const from = this.#random.below(nodes.length)
      return [...nodes.slice(from), ...nodes.slice(0, from)].slice(0, Math.max(1, size))
    }
    return [this.#world.node(target)]
  }

  /** All links from the one to the other; `rest` is everybody else. */
  #links(from: string, to: string): (readonly [SimNode, SimNode])[] {
    const sources = this.#resolve(from)
    const sinks =
      to === 'rest'
        ? this.#world.nodes.filter((node) => !sources.includes(node))
        : this.#resolve(to)
    return sources.flatMap((a) => sinks.filter((b) => a !== b).map((b) => [a, b] as const))
  }

  #hit(kind: string, nodes: readonly SimNode[]): void {
    const names = [...new Set(nodes.map((node) => node.name))]
    this.#world.kernel.note(names.join(), `hit.${kind}`, names.length)
    this.#struck.hit(kind, names)
  }

  #later(delayUs: number, node: string, run: () => void): void {
    this.#world.kernel.after(delayUs, { node, kind: 'fault.later' }, run)
  }

  #lasts(forUs: number, node: string, undo: () => void): void {
    const end = (): void => {
      if (!this.#lasting.delete(end)) return
      undo()
    }
    this.#lasting.add(end)
    this.#later(forUs, node, end)
  }
}
