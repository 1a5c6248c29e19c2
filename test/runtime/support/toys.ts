/** Toy actors and worlds: a scripted actor does what its test says, a counter keeps its total on disk. */

import { type Bytes, getUint64, putUint64 } from '../../../src/base/bytes.ts'
import { type NodeName, nodeName } from '../../../src/base/ids.ts'
import type { Actor, ActorKind, Context, Input } from '../../../src/runtime/actor.ts'
import { type Address, address } from '../../../src/runtime/address.ts'
import type { InlineNode, InlineNodeOptions } from '../../../src/runtime/inline/inline-node.ts'
import { InlineWorld } from '../../../src/runtime/inline/inline-world.ts'
import type { ShardProgram } from '../../../src/runtime/shard.ts'
import type { ChildSpec, RestartPolicy } from '../../../src/runtime/supervision.ts'
import { BATCH_RING } from '../../../src/storage/batch-ring.ts'
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts'
import type { Store } from '../../../src/storage/store.ts'
import { type Count, TOY_CODEC, total, vote } from './toy-messages.ts'

export const N1: NodeName = nodeName('n1')
export const N2: NodeName = nodeName('n2')

export const RESTART: RestartPolicy = {
  delayMs: 10,
  maxDelayMs: 80,
  intensity: 3,
  periodMs: 10_000,
}

export const at = (kind: string, key = 'a', node = N1): Address => address(node, kind, key)

export const text = (word: string): Bytes => new TextEncoder().encode(word)
export const put = (key: string, value: string) =>
  ({ type: 'put', key: text(key), value: text(value) }) as const
export const wordOf = (bytes: Bytes | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)

export type Script = (input: Input, context: Context) => void

/** An actor kind that runs a script in all its lives. */
export const scripted = (kind: string, script: Script): ActorKind =>
  scriptedLives(kind, () => script)

/** The same, with a script of its own for each life. */
export const scriptedLives = (kind: string, make: () => Script): ActorKind => ({
  kind,
  create: () => ({ receive: make() }),
})

/** Adds up what it is told, durably; answers with the total once it is on disk. */
class Counter implements Actor {
  readonly #key: Bytes
  #total = 0

  constructor(at: Address) {
    this.#key = text(`counter/${at.key}`)
  }

  receive(input: Input, context: Context): void {
    if (input.type === 'start') {
      const stored = context.read(this.#key)
      this.#total = stored === undefined ? 0 : getUint64(stored, 0)
    } else if (input.type === 'message') {
      this.#total += (input.message as Count).n
      const value = new Uint8Array(8)
      putUint64(value, 0, this.#total)
      context.write([{ type: 'put', key: this.#key, value }])
      if (input.question !== undefined) context.answer(input.question, total(this.#total))
    }
  }

  inspect(): object {
    return { total: this.#total }
  }
}

export const COUNTER: ActorKind = { kind: 'counter', create: (where) => new Counter(where) }

/** Sends what it is sent on to the relay of the shard that the text names, or counts it there. */
class Relay implements Actor {
  readonly #at: Address
  #notes = 0

  constructor(where: Address) {
    this.#at = where
  }

  receive(input: Input, context: Context): void {
    if (input.type !== 'message') return
    const { n } = input.message as Count
    this.#notes++
    if (input.question !== undefined) context.answer(input.question, total(this.#notes))
    else if (n > 0) {
      const next = input.from.kind === 'relay' ? input.from.key : this.#at.key === '1' ? '2' : '1'
      context.send(at('relay', next, this.#at.node), vote(n - 1))
    }
  }
}

export const RELAY: ActorKind = { kind: 'relay', create: (where) => new Relay(where) }

/** Lives on the main thread and echoes. */
export const HERMIT: ActorKind = {
  kind: 'hermit',
  create: () => ({
    receive(input, context) {
      if (input.type === 'message' && input.question !== undefined) {
        context.answer(input.question, input.message)
      }
    },
  }),
}

export const child = (kind: string, rest: Partial<ChildSpec> = {}): ChildSpec => ({
  kind,
  placement: 'key',
  keys: ['a'],
  restart: RESTART,
  ...rest,
})

export interface ToyOptions extends Partial<ShardProgram> {
  readonly children?: readonly ChildSpec[]
}

export function program(kinds: readonly ActorKind[], options: ToyOptions = {}): ShardProgram {
  const { children, ...rest } = options
  return {
    kinds,
    tree: children ?? kinds.map(({ kind }) => child(kind)),
    codec: TOY_CODEC,
    ring: BATCH_RING,
    local: 'freeze',
    ...rest,
  }
}

export interface ToyWorld {
  readonly world: InlineWorld
  readonly node: InlineNode
  readonly store: Store
}

/** One node whose actors all live on shard 0. */
export function toyWorld(
  kinds: readonly ActorKind[],
  options: ToyOptions = {},
  store: Store = new MemoryStore(),
  nodeOptions: InlineNodeOptions = {},
): ToyWorld {
  const world = new InlineWorld()
  const node = world.add(N1, 0, store, program(kinds, options), nodeOptions)
  return { world, node, store }
}
