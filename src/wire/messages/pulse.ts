/** The pulse of shards: who is alive between nodes, told to the groups of the same shard. */

import type { NodeName } from '../../base/ids.ts'
import type { Liveness } from '../../core/pulse/liveness.ts'
import { count, list, oneOf, struct } from '../schema.ts'
import { node } from './group.ts'
import type { MessageShapes } from './shapes.ts'

const NODES = 64

/** Held: a shard whose disk or loop stalls falls silent by itself. */
export interface PulseBeat {
  readonly kind: 'pulse.beat'
  readonly shard: number
  readonly life: number
}

/** To the pulse of a node's shard 0: how many workers does it have? The answer's way is timed, too. */
export interface PulseHello {
  readonly kind: 'pulse.hello'
  readonly number: number
}

export interface PulseWorkers {
  readonly kind: 'pulse.workers'
  readonly workers: number
  /** That of the hello. */
  readonly number: number
}

/** The sender wants to hear of the shards that carry actors of its key on these nodes. None: of nobody any more. */
export interface PulseRegister {
  readonly kind: 'pulse.register'
  readonly nodes: readonly NodeName[]
}

/** A new life of the pulse asks the groups of its shard to say so again. */
export interface PulseAsk {
  readonly kind: 'pulse.ask'
}

export interface PulseTold {
  readonly kind: 'pulse.told'
  readonly node: NodeName
  readonly now: Liveness
}

const system = { lane: 'system', refusal: 'drop' } as const

export const PULSE_MESSAGES: MessageShapes = {
  'pulse.beat': { tag: 90, delivery: system, schema: struct({ shard: count, life: count }) },
  'pulse.hello': { tag: 91, delivery: system, schema: struct({ number: count }) },
  'pulse.workers': { tag: 92, delivery: system, schema: struct({ workers: count, number: count }) },
  'pulse.register': {
    tag: 93,
    delivery: system,
    schema: struct({ nodes: list(node, NODES) }),
  },
  'pulse.ask': { tag: 94, delivery: system, schema: struct({}) },
  'pulse.told': {
    tag: 95,
    delivery: system,
    schema: struct({ node, now: oneOf('silent', 'heard', 'reborn') }),
  },
}
