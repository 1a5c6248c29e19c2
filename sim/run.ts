/**
 * One run, from start to verdict: a cluster under a schedule with clients upon it, then everything healed
 * and the rest demanded, then the history judged.
 *
 * The doors' face of Chainfire speaks in promises. They change nothing here: after every event that may
 * have settled one, all that follows from it runs before the next event, in the order it was asked for.
 */

import { chainfireFace } from '../src/actors/chainfire-face.ts'
import { type Log, SILENT } from '../src/base/ports/log.ts'
import { Outside } from '../src/runtime/outside.ts'
import type { Shard } from '../src/runtime/shard.ts'
import type { Finding } from './checkers/findings.ts'
import { checkLeases } from './checkers/lease.ts'
import { checkLinearizable } from './checkers/linearizable.ts'
import { Timeline } from './checkers/timeline.ts'
import { checkWatches } from './checkers/watch.ts'
import { Injector } from './faults/injector.ts'
import type { Schedule } from './faults/schedule.ts'
import { FlareRun } from './flare/run.ts'
import { Marks } from './marks.ts'
import { Recovery } from './recovery.ts'
import { type Counts, type RunReport, verdictOf } from './report.ts'
import { Client, type Connection, type Workplace } from './workloads/client.ts'
import { countOverlaps, type History, isUnknown, type WriteCall } from './workloads/history.ts'
import { drawMix } from './workloads/mix.ts'
import { put } from './workloads/requests.ts'
import { Watcher } from './workloads/watcher.ts'
import type { SimNode } from './world/node.ts'
import type { Stream } from './world/random.ts'
import { GROUP, World } from './world/world.ts'

/** A run that has not had its calls by then is healed and judged all the same. */
const LONGEST_US = 120_000_000
const STOPPING_US = 10_000_000
const FACE_TIMEOUT_MS = 4000

export async function runSchedule(schedule: Schedule, log: Log = SILENT): Promise<RunReport> {
  if (schedule.cluster.flare !== undefined) return new FlareRun(schedule, log).toEnd()
  const run = new Run(schedule, log)
  return run.toEnd()
}

class Run {
  readonly schedule: Schedule
  readonly world: World
  readonly history: History = { calls: [], watches: [] }
  readonly clients: Client[] = []
  readonly watchers: Watcher[] = []
  readonly #findings: Finding[] = []
  readonly #marks = new Marks()
  readonly #faults = new Marks()
  readonly #injector: Injector
  readonly #faces = new Map<Shard, Connection>()
  readonly #leadersSeen = new Set<string>()
  #stirred = false
  #begun = 0
  #struck = 0
  #stopped = false
  #silent = false

  constructor(schedule: Schedule, log: Log) {
    this.schedule = schedule
    this.world = new World(
      schedule,
      {
        lost: (node, shard) => this.#lost(node, shard),
        mark: (name) => this.#marks.add(name),
      },
      log,
    )
    this.#injector = new Injector(this.world, schedule, {
      hit: (kind, nodes) => this.#hit(kind, nodes),
      lull: (on) => {
        this.#silent = on
      },
    })
    this.#hire()
  }

  async toEnd(): Promise<RunReport> {
    try {
      for (const node of this.world.nodes) node.start()
      for (const worker of [...this.clients, ...this.watchers]) worker.start()
      this.#injector.start()
      await this.#until(LONGEST_US, () => this.clients.every((client) => client.finished))
      this.#stopped = true
      this.#injector.heal()
      const recovery = new Recovery(this.world, this.clients, this.watchers, (node, value) =>
        this.#writeAside(node, value),
      )
      await this.#until(recovery.deadlineUs, () => recovery.done)
      this.#findings.push(...recovery.missing())
      await this.#stopAll()
      this.#judge()
    } catch (error) {
      const sentence = error instanceof Error ? (error.stack ?? error.message) : String(error)
      this.#findings.push({ promise: 'harness', sentence, atUs: this.world.kernel.nowUs })
    }
    return this.#report()
  }

  /** Runs events until `done`, or this time, or until something is broken. */
  async #until(limitUs: number, done: () => boolean): Promise<void> {
    const { kernel } = this.world
    let looks = 0
    while (kernel.step(limitUs)) {
      if (this.#stirred) {
        this.#stirred = false
        await settled()
      }
      if (this.#broken()) return
      // Neither is cheap to ask.
      if (++looks % 64 !== 0) continue
      this.#watchLeader()
      if (done()) return
    }
  }

  #broken(): boolean {
    const { findings, groups, witness } = this.world
    return findings.length + groups.findings.length + witness.findings.length > 0
  }

  #judge(): void {
    const { findings, groups, witness } = this.world
    this.#findings.unshift(...findings, ...groups.findings, ...witness.findings)
    let past = new Timeline()
    try {
      past = witness.timeline()
    } catch (error) {
      // A gap is what is wrong, unless a run was broken off before all had landed.
      if (this.#findings.length > 0) return
      throw error
    }
    if (this.#findings.some(({ promise }) => promise === 'raft')) return
    this.#findings.push(
      ...checkLinearizable(this.history.calls, past),
      ...checkWatches(this.history.watches, past),
      ...checkLeases(this.history.calls, witness.leases()),
    )
  }

  #report(): RunReport {
    const { kernel } = this.world
    const verdict = verdictOf(this.#findings)
    return {
      name: this.schedule.name,
      seed: this.schedule.seed,
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
    const { calls, watches } = this.history
    const { kernel, witness, nodes } = this.world
    const faults = Object.values(this.#faults.counts()).reduce((sum, times) => sum + times, 0)
    return {
      operations: calls.length,
      answered: calls.filter((call) => call.returnUs !== undefined).length,
      overlapping: countOverlaps(calls),
      unknown: calls.filter(isUnknown).length,
      faults,
      struck: this.#struck,
      leaderChanges: Math.max(0, this.#leadersSeen.size - 1),
      wrought: {
        revisions: witness.lastRevision,
        'watch events': watches.reduce(
          (sum, watch) =>
            sum + watch.responses.reduce((n, { response }) => n + response.events.length, 0),
          0,
        ),
        'leases ended': witness.leases().filter((life) => life.endedUs !== undefined).length,
      },
      syncs: nodes.reduce((sum, node) => sum + node.setup.disk.syncs, 0),
      events: kernel.events,
      virtualMs: Math.round(kernel.nowUs / 1000),
    }
  }

  #hire(): void {
    const { workload } = this.schedule
    const { randomness, kernel } = this.world
    const place: Workplace = {
      kernel,
      history: this.history,
      keys: Array.from({ length: workload.keys }, (_, i) => `k${i}`),
      mix: drawMix(randomness.stream('mix', '')),
      paceUs: workload.paceUs,
      leases: [],
      seenRevision: 1,
      connect: (random) => this.#connect(random),
      mayCall: () => !this.#stopped && this.#begun++ < workload.operations,
      silent: () => this.#silent,
      stir: () => this.#stir(),
    }
    for (let i = 1; i <= workload.clients; i++) {
      this.clients.push(new Client(place, randomness.stream('client', `c${i}`), i))
    }
    for (let i = 1; i <= workload.watchers; i++) {
      this.watchers.push(new Watcher(place, randomness.stream('watcher', `w${i}`), i))
    }
  }

  /** A write that is no client's, in the history all the same. */
  async #writeAside(node: SimNode, value: string): Promise<boolean> {
    const number = node.setup.workers === 0 ? 0 : 1
    const shard = node.shards[number]
    if (shard === undefined) return false
    this.#stir()
    const call: WriteCall = {
      type: 'write',
      command: put('fence', value),
      client: 'fence',
      node: node.name,
      invokeUs: this.world.kernel.nowUs,
      returnUs: undefined,
      outcome: undefined,
    }
    this.history.calls.push(call)
    call.outcome = await this.#face(node, number, shard).chainfire.write(call.command)
    call.returnUs = this.world.kernel.nowUs
    return call.outcome.ok
  }

  /** Clean shut-downs: all that was left for a later batch goes to disk. */
  async #stopAll(): Promise<void> {
    const limitUs = this.world.kernel.nowUs + STOPPING_US
    this.#injector.end()
    for (const node of this.world.nodes) node.stop(() => {})
    const running = (): SimNode[] => this.world.nodes.filter((node) => node.up)
    await this.#until(limitUs, () => running().length === 0)
    for (const node of running()) {
      const sentence = `${node.name} does not come to an end`
      this.#findings.push({ promise: 'liveness', sentence, atUs: limitUs })
    }
  }

  /** Some running node, on one of the threads that would listen there. */
  #connect(random: Stream): Connection | undefined {
    const up = this.world.nodes.filter((node) => node.up && !node.paused)
    if (up.length === 0) return undefined
    const node = random.pick(up)
    const { workers } = node.setup
    const number = workers === 0 ? 0 : random.between(1, workers)
    const shard = node.shards[number]
    return shard && this.#face(node, number, shard)
  }

  #face(node: SimNode, number: number, shard: Shard): Connection {
    let connection = this.#faces.get(shard)
    if (connection === undefined) {
      const outside = new Outside({
        ask: (to, message, timeoutMs, done) =>
          shard.outside.askThen(to, message, timeoutMs, (outcome) => {
            this.#stir()
            done(outcome)
          }),
        open: (receive) =>
          shard.outside.open((message, from) => {
            this.#stir()
            receive(message, from)
          }),
        nowMs: () => shard.outside.nowMs(),
        later: (afterMs, call) =>
          shard.outside.later(afterMs, () => {
            this.#stir()
            call()
          }),
      })
      const options = { node: node.name, group: GROUP, shard: number, timeoutMs: FACE_TIMEOUT_MS }
      connection = { node: node.name, shard: number, chainfire: chainfireFace(outside, options) }
      this.#faces.set(shard, connection)
    }
    return connection
  }

  #stir(): void {
    this.#stirred = true
  }

  #lost(node: string, shard: number | undefined): void {
    for (const each of this.clients) each.connectionLost(node, shard)
    for (const each of this.watchers) each.connectionLost(node, shard)
  }

  #hit(kind: string, nodes: readonly string[]): void {
    this.#faults.add(kind)
    const leader = this.world.leader()?.name
    const inFlight = this.clients.some(({ open }) => open && nodes.includes(open.node))
    const waiting = this.clients.some(({ open }) => open !== undefined)
    if (inFlight || (waiting && leader !== undefined && nodes.includes(leader))) this.#struck++
  }

  #watchLeader(): void {
    const leader = this.world.leader()
    const term = leader && this.world.member(leader)?.raft.core.term
    if (leader) this.#leadersSeen.add(`${leader.name} ${term}`)
  }
}

/** Everything that was settled has run on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
