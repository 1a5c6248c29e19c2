/** The roads from one shard to all others of its node: one port each, one post for each turn's worth. */

import type { MessagePort } from 'node:worker_threads'

export class Mesh {
  readonly #roads = new Map<number, MessagePort>()
  readonly #arrive: (tuples: readonly unknown[]) => void
  /** Batches for a shard that has no road now: it is dead or not yet born. */
  lostBatches = 0

  constructor(arrive: (tuples: readonly unknown[]) => void) {
    this.#arrive = arrive
  }

  /** The road to this shard from now on. */
  connect(shard: number, port: MessagePort): void {
    this.#roads.get(shard)?.close()
    this.#roads.set(shard, port)
    port.on('message', this.#arrive)
    port.on('close', () => {
      if (this.#roads.get(shard) === port) this.#roads.delete(shard)
    })
  }

  /** Byte strings in the tuples must own their buffers, or a whole pool is cloned for each. */
  post(shard: number, tuples: readonly unknown[]): void {
    const road = this.#roads.get(shard)
    if (road === undefined) this.lostBatches++
    else road.postMessage(tuples)
  }

  close(): void {
    for (const road of this.#roads.values()) road.close()
    this.#roads.clear()
  }
}
