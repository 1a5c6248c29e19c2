/**
 * The roads from one shard to all others of its node: one port each, one post for each turn's worth. A
 * post is one packed byte string: cloning the tuples themselves costs several times as much.
 */

import type { MessagePort } from 'node:worker_threads'
import type { Bytes } from '../../base/bytes.ts'
import type { FrameCodec } from './parts.ts'

export class Mesh {
  readonly #roads = new Map<number, MessagePort>()
  readonly #frames: FrameCodec
  readonly #arrive: (tuples: readonly unknown[]) => void
  /** Batches for a shard that has no road now: it is dead or not yet born. */
  lostBatches = 0

  constructor(frames: FrameCodec, arrive: (tuples: readonly unknown[]) => void) {
    this.#frames = frames
    this.#arrive = arrive
  }

  /** The road to this shard from now on. */
  connect(shard: number, port: MessagePort): void {
    this.#roads.get(shard)?.close()
    this.#roads.set(shard, port)
    port.on('message', (post: Bytes) => this.#arrive(this.#frames.decodePost(post)))
    port.on('close', () => {
      if (this.#roads.get(shard) === port) this.#roads.delete(shard)
    })
  }

  post(shard: number, tuples: readonly unknown[]): void {
    const road = this.#roads.get(shard)
    if (road === undefined) {
      this.lostBatches++
      return
    }
    const post = this.#frames.encodePost(tuples)
    road.postMessage(post, [post.buffer as ArrayBuffer])
  }

  close(): void {
    for (const road of this.#roads.values()) road.close()
    this.#roads.clear()
  }
}
