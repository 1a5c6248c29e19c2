/**
 * What leaves a shard: envelopes gathered in a turn, encoded once, handed to the host in one call for
 * each destination. Order is kept for each destination and lane.
 */

import type { NodeName } from '../base/ids.ts'
import type { DeadReason } from './dead-letters.ts'
import type { Host, LinkPost } from './host.ts'
import type { Envelope, MessageCodec } from './message.ts'
import type { Placements } from './placement.ts'

interface LinkBox extends LinkPost {
  readonly envelopes: unknown[]
}

export type Undeliverable = (envelope: Envelope, reason: DeadReason) => void

export class Outbound {
  readonly #host: Host
  readonly #codec: MessageCodec
  readonly #placements: Placements
  readonly #undeliverable: Undeliverable
  #shards = new Map<number, unknown[]>()
  /** By node, then by shard and lane. */
  #links = new Map<NodeName, Map<number, LinkBox>>()

  constructor(
    host: Host,
    codec: MessageCodec,
    placements: Placements,
    undeliverable: Undeliverable,
  ) {
    this.#host = host
    this.#codec = codec
    this.#placements = placements
    this.#undeliverable = undeliverable
  }

  get empty(): boolean {
    return this.#shards.size === 0 && this.#links.size === 0
  }

  /** For an actor of another shard or node; leaves with `flush`. */
  put(envelope: Envelope): void {
    const local = envelope.to.node === this.#host.node
    const workers = local ? this.#host.workers : this.#host.shardsOf(envelope.to.node)
    if (workers === undefined) {
      this.#undeliverable(envelope, 'unreachable')
      return
    }
    const shard = this.#placements.shardOf(envelope.to, workers)
    if (shard === undefined || shard > workers) {
      this.#undeliverable(envelope, 'no-actor')
      return
    }
    const tuple = this.#encode(envelope)
    if (tuple === undefined) return
    const box = local ? this.#shardBox(shard) : this.#linkBox(envelope, shard)
    box.push(tuple)
  }

  flush(): void {
    if (this.empty) return
    const shards = this.#shards
    const links = this.#links
    this.#shards = new Map()
    this.#links = new Map()
    for (const [shard, tuples] of shards) this.#host.post(shard, tuples)
    if (links.size === 0) return
    const posts: LinkPost[] = []
    for (const boxes of links.values()) for (const box of boxes.values()) posts.push(box)
    this.#host.transmit(posts)
  }

  #encode(envelope: Envelope): unknown[] | undefined {
    try {
      return this.#codec.encode(envelope)
    } catch (error) {
      const { kind } = envelope.message
      this.#host.log.error({ kind, error: (error as Error).message }, 'a message has no wire form')
      this.#undeliverable(envelope, 'malformed')
      return undefined
    }
  }

  #shardBox(shard: number): unknown[] {
    const box = this.#shards.get(shard) ?? []
    if (box.length === 0) this.#shards.set(shard, box)
    return box
  }

  #linkBox(envelope: Envelope, shard: number): unknown[] {
    const to = envelope.to.node
    const bulk = this.#codec.delivery(envelope.message.kind).bulk === true
    const boxes = this.#links.get(to) ?? new Map<number, LinkBox>()
    if (boxes.size === 0) this.#links.set(to, boxes)
    const slot = shard * 2 + (bulk ? 1 : 0)
    let box = boxes.get(slot)
    if (box === undefined) {
      box = { to, shard, lane: bulk ? 'bulk' : 'raft', envelopes: [] }
      boxes.set(slot, box)
    }
    return box.envelopes
  }
}
