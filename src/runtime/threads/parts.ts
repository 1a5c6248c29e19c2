/**
 * What a thread must be given to carry a shard: the boundary between the runtime and whoever puts a
 * node together (`src/node`), and where doors plug in. Parts are made on the thread that uses them, from
 * plain data (`WorkerTask.config`), because code cannot be posted.
 */

import type { MessagePort } from 'node:worker_threads'
import type { Bytes } from '../../base/bytes.ts'
import type { NodeName } from '../../base/ids.ts'
import type { Log } from '../../base/ports/log.ts'
import type { Meter } from '../../base/ports/meter.ts'
import type { LinkLane } from '../../net/link.ts'
import type { Store } from '../../storage/store.ts'
import type { Host } from '../host.ts'
import type { Outside } from '../outside.ts'
import type { Shard, ShardProgram } from '../shard.ts'

/** Frames of a link, as `wire/frame.ts` has them. Decoding throws on anything unexpected. */
export interface FrameCodec {
  encodeFrames(shard: number, lane: LinkLane, tuples: readonly unknown[]): Bytes[]
  /** The shard a frame is for; `workers` is this node's own number. */
  peekShard(frame: Bytes, workers: number): number
  decodeFrame(frame: Bytes, workers: number): { readonly tuples: readonly unknown[] }
  /** What goes to another shard of this process: of any length, in a buffer of its own, unchecked. */
  encodePost(tuples: readonly unknown[]): Bytes
  decodePost(post: Bytes): readonly unknown[]
}

export interface OpenStore {
  readonly store: Store
  close(): Promise<void>
}

/** Answers a named request from the main thread; plain data in and out. A throw is its refusal. */
export type Service = (data: unknown) => unknown

export interface ShardParts {
  readonly program: ShardProgram
  readonly frames: FrameCodec
  readonly log: Log
  readonly meter: Meter
  /** This thread's own handle on the node's store. */
  openStore(): Promise<OpenStore>
  /** Requests this shard answers beside the runtime's own (`inspect`, `crash`, `throw`). */
  readonly services?: Readonly<Record<string, Service>>
  /**
   * The actors run: open the doors of this thread. What it returns closes them; it is called before
   * the actors are drained, and awaited. A throw ends the node with its message.
   */
  onReady?(ready: ReadyShard): Promise<CloseDoors | undefined>
}

export type CloseDoors = () => Promise<void>

export interface ReadyShard {
  readonly shard: Shard
  readonly outside: Outside
  readonly host: Host
  readonly log: Log
  readonly meter: Meter
  /** Adds a request that this shard answers. */
  serve(name: string, service: Service): void
}

/** What the main thread hands to a worker's one endless task. */
export interface WorkerTask {
  readonly node: NodeName
  readonly shard: number
  readonly workers: number
  /** Whether `crash` and `throw` are answered. */
  readonly faults: boolean
  /** The road to the main thread. */
  readonly main: MessagePort
  /** Roads to other shards; more come later. */
  readonly mesh: readonly MeshRoad[]
  /** Peers connected now, with their numbers of workers. */
  readonly peers: readonly (readonly [NodeName, number])[]
  /** Plain data for whoever makes the parts. */
  readonly config: unknown
}

export interface MeshRoad {
  readonly shard: number
  readonly port: MessagePort
}
