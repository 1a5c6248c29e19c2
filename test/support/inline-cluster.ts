/** Nodes with the real actors on one thread, over memory stores: small conversations for actor tests. */

import type { Chainfire, GroupStatus } from '../../src/actors/chainfire.ts'
import { chainfireFace } from '../../src/actors/chainfire-face.ts'
import { type FlareOptions, SYSTEM } from '../../src/actors/flare-options.ts'
import { GROUP_LIMITS, type GroupLimits, type TreeOptions } from '../../src/actors/options.ts'
import { actorKinds, supervisionTree } from '../../src/actors/tree.ts'
import { type GroupId, groupId, type NodeName, nodeName } from '../../src/base/ids.ts'
import type { Log } from '../../src/base/ports/log.ts'
import type { KvMachine } from '../../src/core/kv/machine.ts'
import type { Raft } from '../../src/core/raft/types.ts'
import type { ActorKind } from '../../src/runtime/actor.ts'
import { address, shardOfKey } from '../../src/runtime/address.ts'
import type { InlineNode } from '../../src/runtime/inline/inline-node.ts'
import { InlineWorld } from '../../src/runtime/inline/inline-world.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { ShardProgram } from '../../src/runtime/shard.ts'
import { BATCH_RING } from '../../src/storage/batch-ring.ts'
import { MemoryStore } from '../../src/storage/memory/memory-store.ts'
import type { Store, StoreOp } from '../../src/storage/store.ts'
import { CODEC } from '../../src/wire/codec.ts'

export const CHAINFIRE = groupId('chainfire')

export interface ClusterOptions {
  readonly nodes: number
  readonly workers?: number
  readonly limits?: Partial<GroupLimits>
  /** With group `system`, oracle, driver, stores; not without. */
  readonly flare?: FlareOptions
  readonly log?: Log
  /** How messages travel between actors of one shard; tests encode them. */
  readonly local?: ShardProgram['local']
  /** Stands between the runtime and each kind of actor. */
  readonly watchKind?: (kind: ActorKind) => ActorKind
}

export class InlineCluster {
  readonly world = new InlineWorld()
  readonly names: readonly NodeName[]
  readonly marks = new Map<string, number>()
  /** Sees every batch before the store does; false loses it. */
  onCommit: ((name: NodeName, ops: readonly StoreOp[]) => boolean) | undefined
  readonly #options: ClusterOptions
  readonly #stores = new Map<NodeName, MemoryStore>()
  readonly #nodes = new Map<NodeName, InlineNode>()

  constructor(options: ClusterOptions) {
    this.#options = options
    this.names = Array.from({ length: options.nodes }, (_, at) => nodeName(`n${at + 1}`))
    for (const name of this.names) this.start(name)
  }

  get groups(): readonly GroupId[] {
    return this.#options.flare === undefined ? [CHAINFIRE] : [CHAINFIRE, SYSTEM]
  }

  get workers(): number {
    return this.#options.workers ?? 1
  }

  start(name: NodeName, more: Partial<TreeOptions> = {}): void {
    const store = this.#stores.get(name) ?? new MemoryStore()
    this.#stores.set(name, store)
    const options: TreeOptions = {
      node: name,
      founders: this.names,
      groups: this.names.includes(name) ? this.groups : [],
      workers: this.workers,
      incarnation: `${name}-first`,
      rejoin: false,
      limits: { ...GROUP_LIMITS, ...this.#options.limits },
      flare: this.#options.flare,
      ...more,
    }
    const made = actorKinds(options, { disk: () => store.stats() })
    const kinds = made.map(this.#options.watchKind ?? ((kind) => kind))
    const program = { kinds, tree: supervisionTree(options), codec: CODEC, ring: BATCH_RING }
    const node = this.world.add(
      name,
      this.workers,
      this.#hooked(name, store),
      { ...program, local: this.#options.local ?? 'encode' },
      {
        ...(this.#options.log === undefined ? {} : { log: this.#options.log }),
        onMark: (mark) => this.marks.set(mark, (this.marks.get(mark) ?? 0) + 1),
      },
    )
    this.#nodes.set(name, node)
  }

  /** Sends a message to the group's actor of a node and waits for the answer. */
  async ask(name: NodeName, message: Message): Promise<Message> {
    const shard = shardOfKey(CHAINFIRE, this.workers)
    const to = address(name, 'raft-group', CHAINFIRE)
    const outcome = await this.answer(this.node(name).outside(shard).ask(to, message, 5000))
    if (!outcome.ok) throw new Error(`no answer to ${message.kind}: ${outcome.reason}`)
    return outcome.message
  }

  #hooked(name: NodeName, store: MemoryStore): Store {
    return {
      commit: (ops, done) => {
        const lost = this.onCommit?.(name, ops) === false
        if (!lost) store.commit(ops, done)
      },
      get: (key) => store.get(key),
      getMany: (keys, done) => store.getMany(keys, done),
      scan: (range, limit, done) => store.scan(range, limit, done),
      compact: (range, done) => store.compact(range, done),
      stats: () => store.stats(),
    }
  }

  /** The node dies with what its store holds. */
  crash(name: NodeName): void {
    this.node(name).crash()
  }

  /** Another, empty disk. */
  wipe(name: NodeName): void {
    this.crash(name)
    this.#stores.set(name, new MemoryStore())
  }

  node(name: NodeName): InlineNode {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new Error(`no node ${name}`)
    return node
  }

  face(name: NodeName, group: GroupId = CHAINFIRE): Chainfire {
    const shard = shardOfKey(group, this.workers)
    const options = { node: name, group, shard, timeoutMs: 8000 }
    return chainfireFace(this.node(name).outside(shard), options)
  }

  /** The group's machines on one node, to look at. */
  group(name: NodeName): { readonly raft: Raft; readonly kv: KvMachine } {
    const shard = this.node(name).shard(shardOfKey(CHAINFIRE, this.workers))
    return shard.actor('raft-group', CHAINFIRE)?.inspect?.() as never
  }

  /** Lets time pass until the call has its answer. */
  async answer<T>(call: Promise<T>, patienceMs = 20_000): Promise<T> {
    let answered: { readonly value: T } | undefined
    call.then((value) => {
      answered = { value }
    })
    for (let waited = 0; waited <= patienceMs; waited += 20) {
      await this.world.settled()
      if (answered !== undefined) return answered.value
      await this.world.advance(20)
    }
    throw new Error(`no answer within ${patienceMs} ms`)
  }

  status(name: NodeName, group: GroupId = CHAINFIRE): Promise<GroupStatus> {
    return this.answer(this.face(name, group).status())
  }

  /** The node that leads, once exactly one of the living says so and the others agree. */
  async leader(patienceMs = 20_000, group: GroupId = CHAINFIRE): Promise<NodeName> {
    for (let waited = 0; waited <= patienceMs; waited += 100) {
      const living = this.names.filter((name) => !this.node(name).ended)
      const told = await Promise.all(living.map((name) => this.status(name, group)))
      const leaders = new Set(told.map((status) => status.leader))
      const [leader] = leaders
      const sure = leaders.size === 1 && leader !== undefined
      const self = told[living.indexOf(leader as NodeName)]
      if (sure && self?.role === 'leader') return leader as NodeName
      await this.world.advance(100)
    }
    throw new Error(`no leader within ${patienceMs} ms`)
  }
}
