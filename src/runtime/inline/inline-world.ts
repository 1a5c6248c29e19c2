/**
 * Nodes on one thread, for tests: every shard of every node takes its turns from one queue, in the order
 * in which they were asked for. Time moves when it is told to; links and shards carry tuples at once.
 *
 * It leaves out: faults, delays, lost writes. Those are the simulator's.
 */

import type { NodeName } from '../../base/ids.ts'
import type { Store } from '../../storage/store.ts'
import type { ShardProgram } from '../shard.ts'
import { InlineNode, type InlineNodeOptions } from './inline-node.ts'
import { ManualClock } from './manual-clock.ts'

/** How tasks get to run: when the test says so, or by themselves soon. */
export type Drive = 'manual' | 'microtask'

const STEPS_MAX = 1_000_000

export class InlineWorld {
  readonly clock: ManualClock
  readonly #drive: Drive
  readonly #nodes = new Map<NodeName, InlineNode>()
  readonly #cuts = new Set<string>()
  #tasks: (() => void)[] = []
  #scheduled = false

  constructor(drive: Drive = 'manual', clock: ManualClock = new ManualClock()) {
    this.#drive = drive
    this.clock = clock
  }

  /** Adds a node and starts it. A node of the same name takes the place of the one before. */
  add(
    name: NodeName,
    workers: number,
    store: Store,
    program: ShardProgram,
    options: InlineNodeOptions = {},
  ): InlineNode {
    this.#nodes.get(name)?.crash()
    const node = new InlineNode(this, name, workers, store, program, options)
    this.#nodes.set(name, node)
    node.start()
    return node
  }

  /** The node as another one reaches it now. */
  reach(from: NodeName, to: NodeName): InlineNode | undefined {
    const node = this.#nodes.get(to)
    return node === undefined || node.ended || this.#cuts.has(`${from}>${to}`) ? undefined : node
  }

  /** Takes the link between two nodes away, both ways, or gives it back. */
  cut(a: NodeName, b: NodeName, isCut = true): void {
    for (const way of [`${a}>${b}`, `${b}>${a}`]) {
      if (isCut) this.#cuts.add(way)
      else this.#cuts.delete(way)
    }
  }

  /** Runs a task after those already queued. */
  later(task: () => void): void {
    this.#tasks.push(task)
    if (this.#drive !== 'microtask' || this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.settle()
    })
  }

  /** Runs one task; false if there was none. */
  step(): boolean {
    const task = this.#tasks.shift()
    task?.()
    return task !== undefined
  }

  /** Runs until nothing is queued. What the store has not answered yet is not waited for. */
  settle(): void {
    for (let steps = 0; this.step(); steps++) {
      if (steps === STEPS_MAX) throw new Error('the actors never come to rest')
    }
  }

  /** Runs until nothing is queued and every shard is idle, with the store's answers. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      this.settle()
      await new Promise((resolve) => setImmediate(resolve))
      const idle = this.#tasks.length === 0 && [...this.#nodes.values()].every((node) => node.idle)
      quiet = idle ? quiet + 1 : 0
    }
  }

  /** Lets time pass, stopping wherever a shard asked to be woken. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.monotonicMs() + ms
    for (;;) {
      await this.settled()
      const next = Math.min(end, ...[...this.#nodes.values()].flatMap((node) => node.wakeTimes()))
      this.clock.advanceTo(Math.max(next, this.clock.monotonicMs()))
      for (const node of this.#nodes.values()) node.wakeDue()
      if (this.clock.monotonicMs() === end) break
    }
    await this.settled()
  }
}
