/**
 * The actor that beats for its shard, and listens for the shards of other nodes that carry the same groups
 * and regions. It tells those who fell silent, came back or was born again, so that a quiet group needs no
 * heartbeat of its own. One beat per pair of shards, however many groups. Once a second it asks the other
 * nodes how many workers they have, and meters how long the answer took.
 */

import type { NodeName } from '../../base/ids.ts'
import { type LivenessChange, PulseRecord } from '../../core/pulse/liveness.ts'
import type { Actor, ActorKind, Context, Input } from '../../runtime/actor.ts'
import { type Address, address, formatAddress, shardOfKey } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type {
  PulseBeat,
  PulseHello,
  PulseRegister,
  PulseTold,
  PulseWorkers,
} from '../../wire/messages/pulse.ts'
import type { TreeOptions } from '../options.ts'

export const PULSE = 'pulse'

const BEAT_MS = 100
const SILENCE_MS = 1000
const HELLO_BEATS = 10

export function pulseKind(options: TreeOptions): ActorKind {
  return { kind: PULSE, create: (at) => new Pulse(Number(at.key), options) }
}

/** An actor of this shard, and the nodes on which others of its key live. */
interface Listener {
  readonly at: Address
  readonly nodes: readonly NodeName[]
}

type Target = readonly [NodeName, number]

class Pulse implements Actor {
  readonly #shard: number
  readonly #options: TreeOptions
  readonly #record = new PulseRecord(SILENCE_MS)
  /** By address. */
  readonly #listeners = new Map<string, Listener>()
  /** The shards elsewhere that carry somebody's peer, each once; undefined: to be found anew. */
  #targets: readonly Target[] | undefined
  /** Workers of other nodes, as they said. */
  readonly #workers = new Map<NodeName, number>()
  #beats = 0
  /** The latest round of hellos: only its answers are timed. */
  #hello = { number: 0, atUs: 0 }

  constructor(shard: number, options: TreeOptions) {
    this.#shard = shard
    this.#options = options
  }

  receive(input: Input, context: Context): void {
    if (input.type === 'start') this.#start(context)
    else if (input.type === 'timer') this.#beat(context)
    else if (input.type === 'message') this.#told(input.message, input.from, context)
  }

  inspect(): object {
    return { listeners: this.#listeners.size, targets: this.#beatTo() }
  }

  #start(context: Context): void {
    const { groups, workers } = this.#options
    for (const group of groups) {
      if (shardOfKey(group, workers) !== this.#shard) continue
      context.sendNow(address(context.self.node, 'raft-group', group), { kind: 'pulse.ask' })
    }
    if (this.#options.flare !== undefined) {
      const keeper = address(context.self.node, 'region-keeper', context.self.key)
      context.sendNow(keeper, { kind: 'pulse.ask' })
    }
    this.#nextBeat(context)
  }

  /** On the grid of the clock, together with the ticks of groups. */
  #nextBeat(context: Context): void {
    context.setTimer('beat', BEAT_MS - (context.nowMs % BEAT_MS))
  }

  #beat(context: Context): void {
    this.#nextBeat(context)
    const beat: PulseBeat = { kind: 'pulse.beat', shard: this.#shard, life: context.life }
    for (const [node, shard] of this.#beatTo()) context.send(pulseAt(node, shard), beat)
    if (this.#beats++ % HELLO_BEATS === 0) this.#greet(context)
    for (const change of this.#record.look(context.nowMs)) this.#tell(change, context)
  }

  #greet(context: Context): void {
    const number = this.#hello.number + 1
    this.#hello = { number, atUs: context.stopwatchUs() }
    const hello: PulseHello = { kind: 'pulse.hello', number }
    const nodes = new Set<NodeName>()
    for (const listener of this.#listeners.values()) {
      for (const node of listener.nodes) nodes.add(node)
    }
    for (const node of nodes) context.sendNow(pulseAt(node, 0), hello)
  }

  #greeted({ workers, number }: PulseWorkers, node: NodeName, context: Context): void {
    if (this.#workers.get(node) !== workers) {
      this.#workers.set(node, workers)
      this.#targets = undefined
    }
    this.#expect(context)
    if (number !== this.#hello.number) return
    const seconds = (context.stopwatchUs() - this.#hello.atUs) / 1e6
    context.meter.observe(`etcd_network_peer_round_trip_time_seconds{To="${node}"}`, seconds)
  }

  #told(message: Message, from: Address, context: Context): void {
    switch (message.kind) {
      case 'pulse.beat': {
        const { shard, life } = message as PulseBeat
        const change = this.#record.beat(from.node, shard, life, context.nowMs)
        if (change !== undefined) this.#tell(change, context)
        return
      }
      case 'pulse.hello': {
        const { workers } = this.#options
        const { number } = message as PulseHello
        const told: PulseWorkers = { kind: 'pulse.workers', workers, number }
        context.sendNow(from, told)
        return
      }
      case 'pulse.workers':
        this.#greeted(message as PulseWorkers, from.node, context)
        return
      case 'pulse.register':
        this.#register(message as PulseRegister, from, context)
        return
      default:
        return
    }
  }

  #register({ nodes }: PulseRegister, at: Address, context: Context): void {
    if (nodes.length === 0) this.#listeners.delete(formatAddress(at))
    else this.#listeners.set(formatAddress(at), { at, nodes })
    this.#targets = undefined
    for (const node of nodes) {
      const shard = this.#shardOf(at, node)
      if (shard === undefined) continue
      this.#record.expect(node, shard, context.nowMs)
      if (!this.#record.isSilent(node, shard)) continue
      const told: PulseTold = { kind: 'pulse.told', node, now: 'silent' }
      context.sendNow(at, told)
    }
  }

  #expect(context: Context): void {
    for (const [node, shard] of this.#beatTo()) this.#record.expect(node, shard, context.nowMs)
  }

  #beatTo(): readonly Target[] {
    if (this.#targets !== undefined) return this.#targets
    const targets = new Map<string, Target>()
    for (const { at, nodes } of this.#listeners.values()) {
      for (const node of nodes) {
        const shard = this.#shardOf(at, node)
        if (shard !== undefined) targets.set(`${node} ${shard}`, [node, shard])
      }
    }
    this.#targets = [...targets.values()]
    return this.#targets
  }

  /** Where the actor of that key lives on another node. */
  #shardOf({ key }: Address, node: NodeName): number | undefined {
    const workers = this.#workers.get(node)
    return workers === undefined ? undefined : shardOfKey(key, workers)
  }

  #tell(change: LivenessChange, context: Context): void {
    const node = change.node as NodeName
    const told: PulseTold = { kind: 'pulse.told', node, now: change.now }
    for (const { at, nodes } of this.#listeners.values()) {
      if (!nodes.includes(node) || this.#shardOf(at, node) !== change.shard) continue
      context.sendNow(at, told)
    }
  }
}

const pulseAt = (node: NodeName, shard: number): Address => address(node, PULSE, String(shard))
