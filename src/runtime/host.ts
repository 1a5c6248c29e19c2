/**
 * The host interface: all that a shard gets from the world. `threads/` gives the real one, `sim` the
 * simulated one, and no actor can tell which it runs on. If an actor needs something new from the
 * world, it goes in here first, and the simulator learns to break it the same day.
 */

import type { Bytes } from '../base/bytes.ts'
import type { NodeName } from '../base/ids.ts'
import type { Clock } from '../base/ports/clock.ts'
import type { Log } from '../base/ports/log.ts'
import type { Meter } from '../base/ports/meter.ts'
import type { Random } from '../base/ports/random.ts'
import type { LinkLane } from '../net/link.ts'
import type { Store } from '../storage/store.ts'
import type { Address } from './address.ts'

/** Encoded envelopes for one shard of another node. */
export interface LinkPost {
  readonly to: NodeName
  readonly shard: number
  readonly lane: LinkLane
  readonly envelopes: readonly unknown[]
}

export interface Host {
  readonly node: NodeName
  /** This shard's number: 0 is the main thread. */
  readonly shard: number
  /** Worker shards of this node; 0 means that shard 0 carries everything. */
  readonly workers: number
  readonly clock: Clock
  readonly random: Random
  readonly store: Store
  readonly log: Log
  readonly meter: Meter

  /** Microseconds since some fixed point, for measuring only, never for deciding. Virtual in the simulator. */
  stopwatchUs(): number
  /** Asks for `shard.turn()` soon, after what is already queued in the host. Asking twice is once. */
  wake(): void
  /** Asks for `shard.turn()` at this monotonic time; replaces the time asked for before. */
  wakeAt(monotonicMs: number): void
  /** Hands encoded envelopes to another shard of this node, in order. A dead shard loses them. */
  post(shard: number, envelopes: readonly unknown[]): void
  /** Hands over, in one go, all that leaves for other nodes. Each post may be lost as a whole. */
  transmit(posts: readonly LinkPost[]): void
  /**
   * Worker shards at a peer (0: its shard 0 carries everything), from its link's handshake; undefined
   * while it is not connected.
   */
  shardsOf(node: NodeName): number | undefined
  /** Tells what became of an actor, for `status` and supervision on the main thread. */
  report(event: ActorEvent): void
  /** A coverage mark: a situation the simulator counts. */
  mark(name: string): void
  /** Ends the process (here: the node) with one line. Does not return. */
  fatal(reason: string): never
}

export type ActorEvent =
  | { readonly type: 'started' | 'stopped'; readonly at: Address; readonly life: number }
  | {
      readonly type: 'restarting' | 'failed'
      readonly at: Address
      readonly life: number
      readonly reason: string
    }

/** Re-exported so that hosts name one place. */
export type { Bytes }
