/**
 * One run of the timestamp oracle: a cluster under a schedule, askers on all of its nodes, then everything
 * healed and an answer demanded of each, then all that was given judged.
 */

import type { Finding } from '../../sim/checkers/findings.ts'
import { checkStamps, type StampCall } from '../../sim/checkers/stamps.ts'
import { Injector } from '../../sim/faults/injector.ts'
import type { Schedule } from '../../sim/faults/schedule.ts'
import { Marks } from '../../sim/marks.ts'
import type { SimNode } from '../../sim/world/node.ts'
import type { Stream } from '../../sim/world/random.ts'
import { World } from '../../sim/world/world.ts'
import { FLARE_OPTIONS, SYSTEM, TIMESTAMP_ORACLE } from '../../src/actors/flare-options.ts'
import { address } from '../../src/runtime/address.ts'
import type { OracleStamps, OracleStampsAre } from '../../src/wire/messages/oracle.ts'

const ASKING_US = 26_000_000
const HEALED_US = 40_000_000
const PAUSE_US = 40_000
const TIMEOUT_MS = 2000
const PATIENCE_US = 2_500_000
const ASKERS = 6
/** Narrow, so that short runs extend it often. */
const ORACLE = { windowMs: 400 }

export interface OracleReport {
  readonly findings: readonly Finding[]
  readonly answered: number
  readonly faults: number
  readonly hash: string
}

export function runOracle(schedule: Schedule): OracleReport {
  return new OracleRun(schedule).toEnd()
}

class OracleRun {
  readonly #world: World
  readonly #injector: Injector
  readonly #calls: StampCall[] = []
  readonly #faults = new Marks()
  #stopped = false

  constructor(schedule: Schedule) {
    const flare = { ...FLARE_OPTIONS, oracle: ORACLE }
    this.#world = new World(schedule, { lost: () => {}, mark: () => {} }, undefined, flare)
    this.#injector = new Injector(this.#world, schedule, {
      hit: (kind) => this.#faults.add(kind),
      lull: () => {},
    })
  }

  toEnd(): OracleReport {
    const { kernel, randomness, nodes } = this.#world
    for (const node of nodes) node.start()
    for (let i = 1; i <= ASKERS; i++) this.#askSoon(randomness.stream('asker', `a${i}`))
    this.#injector.start()
    while (kernel.nowUs < ASKING_US && !this.#broken && kernel.step(ASKING_US));
    this.#stopped = true
    this.#injector.heal()
    const missing = this.#demand()
    const faults = Object.values(this.#faults.counts()).reduce((sum, times) => sum + times, 0)
    return {
      findings: [...this.#world.findings, ...checkStamps(this.#calls), ...missing],
      answered: this.#calls.filter(({ returnUs }) => returnUs !== undefined).length,
      faults,
      hash: kernel.hash,
    }
  }

  get #broken(): boolean {
    return this.#world.findings.length > 0
  }

  /** Each node gives a timestamp again, however often it has to be asked. */
  #demand(): Finding[] {
    const { kernel, nodes } = this.#world
    const lacking = new Set(nodes)
    const limitUs = kernel.nowUs + HEALED_US
    const askAll = (): void => {
      for (const node of lacking) this.#ask(node, 1, (given) => given && lacking.delete(node))
      if (lacking.size > 0) kernel.after(1_000_000, { node: '', kind: 'demand' }, askAll)
    }
    askAll()
    while (lacking.size > 0 && !this.#broken && kernel.step(limitUs));
    return [...lacking].map(({ name }) => {
      const sentence = `${name} gives no timestamp although all is healed`
      return { promise: 'liveness', sentence, atUs: kernel.nowUs }
    })
  }

  #askSoon(random: Stream): void {
    const label = { node: '', kind: 'asker' }
    this.#world.kernel.after(random.below(2 * PAUSE_US), label, () => {
      if (this.#stopped) return
      const up = this.#world.nodes.filter((node) => node.up && !node.paused)
      // Once: by the answer, or when there can be none any more since the node died.
      let over = false
      const again = (): void => {
        if (!over) this.#askSoon(random)
        over = true
      }
      const count = random.below(4) === 0 ? random.between(1, 100_000) : 1
      if (up.length === 0 || !this.#ask(random.pick(up), count, again)) again()
      this.#world.kernel.after(PATIENCE_US, label, again)
    })
  }

  /** False: nobody is there to be asked. Else `done` is called, unless the node dies first. */
  #ask(node: SimNode, count: number, done: (given: boolean) => void): boolean {
    const { kernel } = this.#world
    const shard = node.shards[node.setup.workers === 0 ? 0 : 1]
    if (shard === undefined) return false
    const call: StampCall = {
      node: node.name,
      invokeUs: kernel.nowUs,
      returnUs: undefined,
      first: 0n,
      count,
    }
    this.#calls.push(call)
    const ask: OracleStamps = { kind: 'oracle.stamps', count }
    const oracle = address(node.name, TIMESTAMP_ORACLE, SYSTEM)
    shard.outside.askThen(oracle, ask, TIMEOUT_MS, (outcome) => {
      const given = outcome.ok && outcome.message.kind === 'oracle.stamps-are'
      if (given) {
        const are = outcome.message as OracleStampsAre
        Object.assign(call, { returnUs: kernel.nowUs, first: are.first, count: are.count })
      }
      done(given)
    })
    return true
  }
}
