/**
 * The real host of a shard: turns by `setImmediate`, so that sockets, ports and the disk get theirs in
 * between; one timer for the next time anything is due; other shards over the mesh; links over `carry`.
 */

import type { NodeName } from '../../base/ids.ts'
import type { Log } from '../../base/ports/log.ts'
import type { Meter } from '../../base/ports/meter.ts'
import type { Store } from '../../storage/store.ts'
import type { ActorEvent, Host, LinkPost } from '../host.ts'
import type { Mesh } from './mesh.ts'
import type { FrameCodec } from './parts.ts'
import type { LinkFrame } from './protocol.ts'
import { REAL_CLOCK, REAL_RANDOM } from './real-clock.ts'

export interface ThreadHostParts {
  readonly node: NodeName
  readonly shard: number
  readonly workers: number
  readonly store: Store
  readonly log: Log
  readonly meter: Meter
  readonly frames: FrameCodec
  readonly mesh: Mesh
  /** Connected peers and their numbers of workers; kept up to date by whoever made it. */
  readonly peers: ReadonlyMap<NodeName, number>
  /** Puts frames on their links, in order. */
  carry(frames: readonly LinkFrame[]): void
  report(event: ActorEvent): void
  fatal(reason: string): never
}

export class ThreadHost implements Host {
  readonly node: NodeName
  readonly shard: number
  readonly workers: number
  readonly clock = REAL_CLOCK
  readonly random = REAL_RANDOM
  readonly store: Store
  readonly log: Log
  readonly meter: Meter
  readonly #parts: ThreadHostParts
  #turn: () => void = () => {}
  #awake = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(parts: ThreadHostParts) {
    this.node = parts.node
    this.shard = parts.shard
    this.workers = parts.workers
    this.store = parts.store
    this.log = parts.log
    this.meter = parts.meter
    this.#parts = parts
  }

  /** The shard's own turn, once there is a shard. */
  attach(turn: () => void): void {
    this.#turn = turn
  }

  stopwatchUs(): number {
    return performance.now() * 1000
  }

  wake(): void {
    if (this.#awake) return
    this.#awake = true
    setImmediate(() => {
      this.#awake = false
      this.#turn()
    })
  }

  wakeAt(monotonicMs: number): void {
    // A later time waits for the earlier one to come: one turn for nothing is cheaper than a new timer.
    if (monotonicMs >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = monotonicMs
    const waitMs = Math.max(0, monotonicMs - this.clock.monotonicMs())
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY
      this.wake()
    }, waitMs)
  }

  post(shard: number, envelopes: readonly unknown[]): void {
    this.#parts.mesh.post(shard, envelopes)
  }

  /** At once: the links are at work while the turn's batch is handed to the disk. */
  transmit(posts: readonly LinkPost[]): void {
    const leaving: LinkFrame[] = []
    for (const { to, shard, lane, envelopes } of posts) {
      try {
        for (const frame of this.#parts.frames.encodeFrames(shard, lane, envelopes)) {
          leaving.push({ to, lane, frame })
        }
      } catch (error) {
        this.log.error({ to, error: (error as Error).message }, 'messages have no frame')
      }
    }
    if (leaving.length > 0) this.#parts.carry(leaving)
  }

  shardsOf(node: NodeName): number | undefined {
    return this.#parts.peers.get(node)
  }

  report(event: ActorEvent): void {
    this.#parts.report(event)
  }

  /** Marks are for the simulator. */
  mark(): void {}

  fatal(reason: string): never {
    return this.#parts.fatal(reason)
  }

  /** Nothing wakes the shard any more. */
  close(): void {
    clearTimeout(this.#timer)
    this.#turn = () => {}
  }
}
