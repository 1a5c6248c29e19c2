/** One node of an inline world: its shards, each over a host of its own, all on this thread. */

import type { NodeName } from '../../base/ids.ts'
import { type Log, SILENT } from '../../base/ports/log.ts'
import { type Meter, UNMETERED } from '../../base/ports/meter.ts'
import type { Random } from '../../base/ports/random.ts'
import type { Store } from '../../storage/store.ts'
import { hashKey } from '../address.ts'
import type { ActorEvent, Host } from '../host.ts'
import type { Outside } from '../outside.ts'
import { Shard, type ShardProgram } from '../shard.ts'
import type { InlineWorld } from './inline-world.ts'
import { SeededRandom } from './seeded-random.ts'

export interface InlineNodeOptions {
  readonly random?: Random
  readonly log?: Log
  readonly meter?: Meter
  onMark?(name: string): void
  onEvent?(event: ActorEvent): void
}

/** Thrown where a real node would end its process. */
export class NodeEnded extends Error {
  override readonly name = 'NodeEnded'
}

export class InlineNode {
  readonly name: NodeName
  readonly workers: number
  readonly store: Store
  /** What actors reported, in order. */
  readonly events: ActorEvent[] = []
  /** Why the node ended; empty while it runs. */
  fatalReason = ''
  readonly #world: InlineWorld
  readonly #program: ShardProgram
  readonly #options: InlineNodeOptions
  readonly #random: Random
  readonly #shards: InlineShard[] = []

  constructor(
    world: InlineWorld,
    name: NodeName,
    workers: number,
    store: Store,
    program: ShardProgram,
    options: InlineNodeOptions,
  ) {
    this.#world = world
    this.name = name
    this.workers = workers
    this.store = store
    this.#program = program
    this.#options = options
    this.#random = options.random ?? new SeededRandom(hashKey(name))
    for (let shard = 0; shard <= workers; shard++) this.#shards.push(this.#make(shard))
  }

  start(): void {
    for (const { shard } of this.#shards) shard.start()
  }

  shard(number: number): Shard {
    return this.#at(number).shard
  }

  outside(number: number): Outside {
    return this.shard(number).outside
  }

  get idle(): boolean {
    return this.#shards.every(({ shard }) => shard.ended || shard.idle)
  }

  get ended(): boolean {
    return this.#shards.every(({ shard }) => shard.ended)
  }

  /** One shard dies as its thread would, and a new one takes its place; the store stays. */
  crashShard(number: number): void {
    this.#at(number).shard.kill()
    const shard = this.#make(number)
    this.#shards[number] = shard
    shard.shard.start()
  }

  /** All shards die at once. */
  crash(): void {
    for (const { shard } of this.#shards) shard.kill()
  }

  /** A clean stop: the workers first. */
  async stop(): Promise<void> {
    for (const { shard } of this.#shards.toReversed()) {
      let drained = false
      shard.drain(() => {
        drained = true
      })
      while (!drained) await this.#world.settled()
    }
  }

  arrive(shard: number, tuples: readonly unknown[], peer?: NodeName): void {
    this.#shards[shard]?.shard.arrive(tuples, peer)
  }

  wakeTimes(): number[] {
    return this.#shards.flatMap(({ shard, wakeAt }) =>
      shard.ended || wakeAt === undefined ? [] : [wakeAt],
    )
  }

  wakeDue(): void {
    const nowMs = this.#world.clock.monotonicMs()
    for (const at of this.#shards) {
      if (at.wakeAt === undefined || at.wakeAt > nowMs) continue
      at.wakeAt = undefined
      at.host.wake()
    }
  }

  #at(number: number): InlineShard {
    const shard = this.#shards[number]
    if (shard === undefined) throw new Error(`${this.name} has no shard ${number}`)
    return shard
  }

  #make(number: number): InlineShard {
    const made: { wakeAt: number | undefined } = { wakeAt: undefined }
    let asked = false
    const wake = (): void => {
      if (asked) return
      asked = true
      this.#world.later(() => {
        asked = false
        this.#guard(() => shard.turn())
      })
    }
    const host = this.#host(number, wake, (at) => {
      made.wakeAt = at
    })
    const shard = new Shard(host, this.#program)
    return Object.assign(made, { host, shard })
  }

  #host(number: number, wake: () => void, wakeAt: (ms: number) => void): Host {
    const world = this.#world
    const { name, workers, store } = this
    return {
      node: name,
      shard: number,
      workers,
      clock: world.clock,
      random: this.#random,
      store,
      log: this.#options.log ?? SILENT,
      meter: this.#options.meter ?? UNMETERED,
      stopwatchUs: () => world.clock.monotonicMs() * 1000,
      wake,
      wakeAt,
      post: (shard, tuples) => world.later(() => this.arrive(shard, tuples)),
      transmit: (posts) => {
        for (const { to, shard, envelopes } of posts) {
          world.later(() => world.reach(name, to)?.arrive(shard, envelopes, name))
        }
      },
      shardsOf: (node) => world.reach(name, node)?.workers,
      report: (event) => {
        this.events.push(event)
        this.#options.onEvent?.(event)
      },
      mark: (mark) => this.#options.onMark?.(mark),
      fatal: (reason) => {
        this.fatalReason = reason
        this.crash()
        throw new NodeEnded(reason)
      },
    }
  }

  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      if (!(error instanceof NodeEnded)) throw error
    }
  }
}

interface InlineShard {
  readonly host: Host
  readonly shard: Shard
  wakeAt: number | undefined
}
