/**
 * The host interface over virtual time: what a shard of a simulated node gets from the world. It is the
 * only thing in a run that is not the shipped code; `threads/` gives the real one.
 */

import type { NodeName } from '../../src/base/ids.ts'
import type { Clock } from '../../src/base/ports/clock.ts'
import type { Log } from '../../src/base/ports/log.ts'
import { type Meter, UNMETERED } from '../../src/base/ports/meter.ts'
import type { Random } from '../../src/base/ports/random.ts'
import type { LinkLane } from '../../src/net/link.ts'
import type { ActorEvent, Host, LinkPost } from '../../src/runtime/host.ts'
import type { Store } from '../../src/storage/store.ts'
import type { NodeClock } from './clock.ts'
import type { Kernel, Scheduled } from './kernel.ts'
import type { Stream } from './random.ts'

/** What a shard's host asks of its node. */
export interface Surroundings {
  readonly kernel: Kernel
  readonly node: NodeName
  readonly workers: number
  readonly clock: NodeClock
  readonly log: Log
  /** Runs a task of this process: now, or when it is no longer paused; never once it is dead. */
  run(kind: string, task: () => void): void
  turn(shard: number): void
  post(from: number, to: number, envelopes: readonly unknown[]): void
  transmit(
    from: number,
    to: NodeName,
    shard: number,
    lane: LinkLane,
    envelopes: readonly unknown[],
  ): void
  shardsOf(node: NodeName): number | undefined
  report(event: ActorEvent): void
  mark(name: string): void
  fatal(reason: string): never
}

export class ShardHost implements Host {
  readonly shard: number
  readonly random: Random
  readonly store: Store
  readonly meter: Meter = UNMETERED
  readonly #around: Surroundings
  readonly #delays: Stream
  #turnAsked = false
  #alarm: Scheduled | undefined
  #alarmMs = Number.NaN

  constructor(
    around: Surroundings,
    shard: number,
    store: Store,
    draws: { readonly random: Random; readonly delays: Stream },
  ) {
    this.#around = around
    this.shard = shard
    this.store = store
    this.random = draws.random
    this.#delays = draws.delays
  }

  get node(): NodeName {
    return this.#around.node
  }

  get workers(): number {
    return this.#around.workers
  }

  get clock(): Clock {
    return this.#around.clock
  }

  get log(): Log {
    return this.#around.log
  }

  stopwatchUs(): number {
    return this.#around.kernel.nowUs
  }

  wake(): void {
    if (this.#turnAsked) return
    this.#turnAsked = true
    this.#around.kernel.after(this.#delays.tailed(2, 200), this.#label('turn'), () =>
      this.#around.run('turn', () => this.#turn()),
    )
  }

  wakeAt(monotonicMs: number): void {
    if (this.#alarmMs === monotonicMs && this.#alarm?.run !== undefined) return
    const { kernel, clock } = this.#around
    kernel.cancel(this.#alarm)
    this.#alarmMs = monotonicMs
    const due = clock.trueTimeUs(monotonicMs) + this.#delays.tailed(0, 400)
    this.#alarm = kernel.at(due, this.#label('alarm'), () =>
      this.#around.run('alarm', () => {
        if (!this.#turnAsked) this.#around.turn(this.shard)
      }),
    )
  }

  post(shard: number, envelopes: readonly unknown[]): void {
    this.#around.post(this.shard, shard, envelopes)
  }

  transmit(posts: readonly LinkPost[]): void {
    for (const { to, shard, lane, envelopes } of posts) {
      this.#around.transmit(this.shard, to, shard, lane, envelopes)
    }
  }

  shardsOf(node: NodeName): number | undefined {
    return this.#around.shardsOf(node)
  }

  report(event: ActorEvent): void {
    this.#around.report(event)
  }

  mark(name: string): void {
    this.#around.mark(name)
  }

  fatal(reason: string): never {
    return this.#around.fatal(reason)
  }

  #turn(): void {
    this.#turnAsked = false
    this.#around.turn(this.shard)
  }

  #label(kind: string): { node: string; kind: string; digest: number } {
    return { node: this.#around.node, kind, digest: this.shard }
  }
}
