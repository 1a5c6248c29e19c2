/**
 * One run of FlareDB, from start to verdict: stores under a schedule with clients upon them, then everything
 * healed and the rest demanded, then what clients were told judged by what the disks know.
 */

import { FlareCalls } from '../../src/actors/flare/flare-calls.ts'
import { nodeName } from '../../src/base/ids.ts'
import { type Log, SILENT } from '../../src/base/ports/log.ts'
import type { Shard } from '../../src/runtime/shard.ts'
import type { Finding } from '../checkers/findings.ts'
import type { FlareCheck } from '../checkers/flare/flare-check.ts'
import { checkListAppend } from '../checkers/flare/list-append.ts'
import { checkOnce } from '../checkers/flare/once.ts'
import { checkRegisters } from '../checkers/flare/registers.ts'
import { checkSnapshots, checkSums } from '../checkers/flare/snapshots.ts'
import { checkStale } from '../checkers/flare/stale.ts'
import { checkStamps } from '../checkers/stamps.ts'
import { keyText } from '../checkers/timeline.ts'
import { Injector } from '../faults/injector.ts'
import type { Schedule } from '../faults/schedule.ts'
import { Marks } from '../marks.ts'
import { type Counts, type RunReport, verdictOf } from '../report.ts'
import { FlareClient } from '../workloads/flare/client.ts'
import type { Entrance, FlareWorkplace, StaleTarget } from '../workloads/flare/desk.ts'
import { type FlareCall, isOpen } from '../workloads/flare/history.ts'
import { type KeySpace, keySpace } from '../workloads/flare/keys.ts'
import { drawFlareMix } from '../workloads/flare/mix.ts'
import { countOverlaps } from '../workloads/history.ts'
import type { SimNode } from '../world/node.ts'
import type { Stream } from '../world/random.ts'
import { World } from '../world/world.ts'
import { checkReplicas } from './fsck.ts'
import { Operator } from './operator.ts'
import { FlareRecovery } from './recovery.ts'
import { Setup } from './setup.ts'

/** A run that has not had its calls by then is healed and judged all the same. */
const LONGEST_US = 150_000_000
const SETUP_US = 60_000_000
const STOPPING_US = 10_000_000
const TIMEOUT_MS = 5000

export class FlareRun {
  readonly #schedule: Schedule
  readonly #world: World
  readonly #keys: KeySpace
  readonly #calls: FlareCall[] = []
  readonly #clients: FlareClient[] = []
  readonly #findings: Finding[] = []
  readonly #marks = new Marks()
  readonly #faults = new Marks()
  readonly #injector: Injector
  readonly #random: Stream
  readonly #leadersSeen = new Set<string>()
  #begun = 0
  #struck = 0
  #stopped = false
  #silent = false

  constructor(schedule: Schedule, log: Log = SILENT) {
    this.#schedule = schedule
    this.#keys = keySpace(schedule.workload.keys)
    this.#world = new World(
      schedule,
      {
        lost: (node, shard) => this.#lost(node, shard),
        mark: (name) => this.#marks.add(name),
      },
      log,
    )
    this.#random = this.#world.randomness.stream('run', '')
    const operator = new Operator(this.#world, this.#keys, () => this.#anyCalls())
    this.#injector = new Injector(this.#world, schedule, {
      hit: (kind, nodes) => this.#hit(kind, nodes),
      operate: (fault) => operator.order(fault),
      lull: (on) => {
        this.#silent = on
      },
    })
    this.#hire()
  }

  toEnd(): RunReport {
    try {
      this.#live()
      this.#judge()
    } catch (error) {
      const sentence = error instanceof Error ? (error.stack ?? error.message) : String(error)
      this.#findings.push({ promise: 'harness', sentence, atUs: this.#world.kernel.nowUs })
    }
    return this.#report()
  }

  #live(): void {
    const { kernel, nodes } = this.#world
    const later = new Set(
      this.#schedule.timeline.map(({ fault }) => (fault.kind === 'join' ? fault.node : '')),
    )
    for (const node of nodes) if (!later.has(node.name)) node.start()
    this.#injector.start()
    const setup = new Setup(kernel, this.#keys, () => this.#anyCalls())
    setup.run()
    this.#until(SETUP_US, () => setup.done)
    if (!setup.done) this.#say('liveness', 'no namespace could be made and filled')
    for (const client of this.#clients) client.start()
    this.#until(LONGEST_US, () => this.#clients.every((client) => client.finished))
    this.#stopped = true
    this.#injector.heal()
    const recovery = new FlareRecovery(this.#world, this.#clients, this.#keys, () =>
      this.#anyCalls(),
    )
    this.#until(recovery.deadlineUs, () => recovery.done)
    if (!this.#broken()) this.#findings.push(...recovery.missing())
    this.#stopAll()
  }

  /** Runs events until `done`, or this time, or until something is broken. */
  #until(limitUs: number, done: () => boolean): void {
    const { kernel } = this.#world
    let looks = 0
    while (kernel.step(limitUs)) {
      if (this.#broken()) return
      // Neither is cheap to ask.
      if (++looks % 64 !== 0) continue
      this.#watchLeader()
      if (done()) return
    }
  }

  #broken(): boolean {
    const { findings, groups, witness, flare } = this.#world
    return (
      findings.length + groups.findings.length + witness.findings.length > 0 ||
      flare?.broken === true
    )
  }

  #stopAll(): void {
    const { kernel, nodes } = this.#world
    const limitUs = kernel.nowUs + STOPPING_US
    this.#injector.end()
    for (const node of nodes) node.stop(() => {})
    const running = (): SimNode[] => nodes.filter((node) => node.up)
    this.#until(limitUs, () => running().length === 0)
    for (const node of running()) this.#say('liveness', `${node.name} does not come to an end`)
  }

  #judge(): void {
    const { findings, groups, witness } = this.#world
    const { truth } = this.#check
    this.#findings.unshift(
      ...findings,
      ...groups.findings,
      ...witness.findings,
      ...this.#check.findings,
    )
    // Broken off: the disks do not know all that was done.
    if (this.#findings.some(({ promise }) => !promise.startsWith('liveness'))) return
    const calls = this.#calls
    const txns = calls.filter((call) => call.type === 'txn')
    this.#findings.push(
      ...checkStamps(
        calls.filter((call) => call.type === 'stamps').filter(({ first }) => first > 0n),
      ),
      ...checkOnce(calls, truth),
      ...checkRegisters(calls, truth),
      ...checkSnapshots(calls, this.#keys, truth),
      ...checkSums(this.#keys, truth),
      ...checkListAppend(txns.filter(({ work }) => work === 'append')),
      ...checkStale(calls),
    )
    if (this.#findings.length === 0) this.#findings.push(...checkReplicas(this.#world))
  }

  get #check(): FlareCheck {
    return this.#world.flare as FlareCheck
  }

  #say(promise: string, sentence: string): void {
    if (this.#broken()) return
    this.#findings.push({ promise, sentence, atUs: this.#world.kernel.nowUs })
  }

  #hire(): void {
    const { workload } = this.#schedule
    const { randomness, kernel } = this.#world
    const place: FlareWorkplace = {
      kernel,
      calls: this.#calls,
      keys: this.#keys,
      mix: drawFlareMix(randomness.stream('mix', '')),
      paceUs: workload.paceUs,
      enter: (random) => this.#enter(random),
      mayCall: () => !this.#stopped && this.#begun++ < workload.operations,
      silent: () => this.#silent,
      staleRegion: (random) => this.#staleRegion(random),
    }
    for (let i = 1; i <= workload.clients; i++) {
      this.#clients.push(new FlareClient(place, randomness.stream('client', `c${i}`), i))
    }
  }

  /** Some running node, on one of the threads that would listen there. */
  #enter(random: Stream): Entrance | undefined {
    const up = this.#world.nodes.filter((node) => node.up && !node.paused)
    if (up.length === 0) return undefined
    const node = random.pick(up)
    const { workers } = node.setup
    const number = workers === 0 ? 0 : random.between(1, workers)
    const shard = node.shards[number]
    return shard && { node: node.name, number, shard }
  }

  #anyCalls(): FlareCalls | undefined {
    const at = this.#enter(this.#random)
    return at && callsOn(at.node, at.shard)
  }

  #staleRegion(random: Stream): StaleTarget | undefined {
    const { disks } = this.#check
    const split = disks.ids().filter((id) => disks.versionsOf(id).length > 1)
    if (split.length === 0) return undefined
    const region = random.pick(split)
    const old = random.pick(disks.versionsOf(region).slice(0, -1))
    const node = this.#world.nodes.find((each) =>
      this.#world
        .regionsOn(each)
        .some(({ status }) => status.serving && status.descriptor.id === region),
    )
    const newest = disks.newest(region)
    if (node === undefined || newest === undefined) return undefined
    const { version } = old.epoch
    const { confVer } = newest.epoch
    return { region, version, confVer, node: node.name, key: `${keyText(newest.from)}~stale` }
  }

  #lost(node: string, shard: number | undefined): void {
    for (const each of this.#clients) each.connectionLost(node, shard)
  }

  #hit(kind: string, nodes: readonly string[]): void {
    this.#faults.add(kind)
    const inFlight = this.#clients.some(({ open }) => open && nodes.includes(open.node))
    const waiting = this.#clients.some(({ open }) => open !== undefined)
    const leads = this.#world.nodes.some(
      (node) => nodes.includes(node.name) && this.#world.leadsRegion(node),
    )
    if (inFlight || (waiting && leads)) this.#struck++
  }

  #watchLeader(): void {
    const leader = this.#world.leader()
    const term = leader && this.#world.member(leader)?.raft.core.term
    if (leader) this.#leadersSeen.add(`${leader.name} ${term}`)
  }

  #report(): RunReport {
    const { kernel } = this.#world
    const verdict = verdictOf(this.#findings)
    return {
      name: this.#schedule.name,
      seed: this.#schedule.seed,
      verdict,
      hash: kernel.hash,
      counts: this.#counts(),
      marks: this.#marks.counts(),
      faults: this.#faults.counts(),
      findings: this.#findings,
      recent: verdict === 'pass' ? [] : kernel.recent(),
    }
  }

  #counts(): Counts {
    const calls = this.#calls
    const { kernel, nodes } = this.#world
    const { truth, disks } = this.#check
    const txns = calls.filter((call) => call.type === 'txn')
    const faults = Object.values(this.#faults.counts()).reduce((sum, times) => sum + times, 0)
    return {
      operations: calls.length,
      answered: calls.filter((call) => call.returnUs !== undefined).length,
      overlapping: countOverlaps(calls),
      unknown: calls.filter(
        (call) => (call.type === 'write' || call.type === 'txn') && isOpen(call),
      ).length,
      faults,
      struck: this.#struck,
      leaderChanges: Math.max(0, this.#leadersSeen.size - 1),
      wrought: {
        regions: disks.ids().length,
        versions: truth.keys().reduce((sum, key) => sum + truth.of(key).length, 0),
        transactions: txns.length,
        committed: txns.filter(({ outcome }) => outcome && 'at' in outcome).length,
      },
      syncs: nodes.reduce((sum, node) => sum + node.setup.disk.syncs, 0),
      events: kernel.events,
      virtualMs: Math.round(kernel.nowUs / 1000),
    }
  }
}

const callsOn = (node: string, shard: Shard): FlareCalls =>
  FlareCalls.over(shard.outside, { node: nodeName(node), timeoutMs: TIMEOUT_MS })
