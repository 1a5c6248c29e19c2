/**
 * All shards of a real node, seen from its main thread: shard 0 here, worker shards under supervisors,
 * the roads between them, and the links, whose frames are forwarded by their header alone.
 *
 * Promises: the store is opened here before any worker opens it and closed here after all have closed
 * it, or not at all once a worker has died with it open; a dead shard is replaced while the others run.
 */

import { MessageChannel } from 'node:worker_threads'
import { type Bytes, exactBytes } from '../../base/bytes.ts'
import type { NodeName } from '../../base/ids.ts'
import type { LinkEvents, LinkLane, Links, PeerIdentity } from '../../net/link.ts'
import type { ActorEvent } from '../host.ts'
import type { Outside } from '../outside.ts'
import type { Shard } from '../shard.ts'
import type { RestartPolicy } from '../supervision.ts'
import { Mesh } from './mesh.ts'
import { OpenShard } from './open-shard.ts'
import type { MeshRoad, OpenStore, ShardParts, WorkerTask } from './parts.ts'
import type { LinkFrame, Response, ToMain } from './protocol.ts'
import { ServiceDesk, serveShard } from './services.ts'
import { type ResourceLimits, ShardSupervisor, type WorkerModule } from './shard-supervisor.ts'

export interface NodeShardsOptions {
  readonly node: NodeName
  readonly workers: number
  /** What worker threads load; not needed without any. */
  readonly module?: WorkerModule
  /** Plain data for the workers' own parts. */
  readonly config: unknown
  /** The parts of shard 0. */
  readonly parts: ShardParts
  /** Fault injection is answered. */
  readonly faults: boolean
  readonly resourceLimits?: ResourceLimits
  /** How worker shards are restarted; 5 crashes a minute by default. */
  readonly restart?: RestartPolicy
  /** A worker silent for so long is logged. */
  readonly watchdogMs?: number
  /** A worker that has not stopped after so long is killed. */
  readonly stopMs?: number
  onEvent?(shard: number, event: ActorEvent): void
  /** Ends the process with this line. */
  fatal(reason: string): never
}

const RESTART: RestartPolicy = { delayMs: 100, maxDelayMs: 5000, intensity: 5, periodMs: 60_000 }
const TRANSFER_BYTES = 16 * 1024

export class NodeShards implements LinkEvents {
  readonly #options: NodeShardsOptions
  readonly #desk = new ServiceDesk()
  readonly #peers = new Map<NodeName, number>()
  readonly #supervisors = new Map<number, ShardSupervisor>()
  readonly #mesh: Mesh
  readonly #main: OpenShard
  #links: Links | undefined

  /** Opens the store and starts every shard; resolves when the doors of all of them are open. */
  static async start(options: NodeShardsOptions): Promise<NodeShards> {
    const opened = await options.parts.openStore()
    const shards = new NodeShards(options, opened)
    await shards.#start()
    return shards
  }

  constructor(options: NodeShardsOptions, opened: OpenStore) {
    this.#options = options
    this.#mesh = new Mesh(options.parts.frames, (tuples) => this.#main.shard.arrive(tuples))
    this.#main = new OpenShard(options.parts, this.#roads(), opened, this.#mesh)
    serveShard(this.#desk, this.#main.shard, options.faults)
    for (let shard = 1; shard <= options.workers; shard++) {
      this.#supervisors.set(shard, this.#supervise(shard))
    }
  }

  get shard(): Shard {
    return this.#main.shard
  }

  /** For code on the main thread. */
  get outside(): Outside {
    return this.#main.shard.outside
  }

  /** Worker threads that died so far. */
  get crashes(): number {
    let crashes = 0
    for (const supervisor of this.#supervisors.values()) crashes += supervisor.crashes
    return crashes
  }

  /** From now on frames leave by these links, whose events come to this object. */
  attach(links: Links): void {
    this.#links = links
  }

  up(peer: PeerIdentity): void {
    this.#tellPeer(peer.name, peer.shards)
  }

  down(peer: PeerIdentity): void {
    this.#tellPeer(peer.name, undefined)
  }

  frame(peer: PeerIdentity, _lane: LinkLane, frame: Bytes): void {
    const { frames } = this.#options.parts
    try {
      const shard = frames.peekShard(frame, this.#options.workers)
      if (shard > 0) this.#forward(shard, peer.name, frame)
      else {
        // What is decoded lies in the frame, which is the link's own.
        const { tuples } = frames.decodeFrame(exactBytes(frame), this.#options.workers)
        this.#main.shard.arrive(tuples, peer.name)
      }
    } catch (error) {
      this.#reject(peer.name, (error as Error).message)
    }
  }

  /** A named request to one shard: `inspect`, what its parts serve, and `crash` or `throw` with faults. */
  request(shard: number, name: string, data?: unknown): Promise<Response> {
    if (shard === 0) return this.#desk.answer(name, data)
    const supervisor = this.#supervisors.get(shard)
    if (supervisor === undefined) return Promise.resolve({ ok: false, reason: `no shard ${shard}` })
    return supervisor.request(name, data)
  }

  /** The same to every shard, in their order. */
  requestAll(name: string, data?: unknown): Promise<Response[]> {
    const shards = [0, ...this.#supervisors.keys()]
    return Promise.all(shards.map((shard) => this.request(shard, name, data)))
  }

  /** Closes all doors, then drains the workers, then shard 0; closes the store last. */
  async stop(): Promise<void> {
    await Promise.all([this.#main.closeDoors(), this.requestAll('close-doors')])
    const stopMs = this.#options.stopMs ?? 10_000
    await Promise.all([...this.#supervisors.values()].map((it) => it.stop(stopMs)))
    await this.#main.drain()
    // A thread that died left its handle open: closing under it would crash the process.
    if (this.crashes === 0) await this.#main.closeStore()
  }

  async #start(): Promise<void> {
    this.#main.start()
    await Promise.all([...this.#supervisors.values()].map((it) => it.start()))
    await this.#main.open(this.#desk)
  }

  #supervise(shard: number): ShardSupervisor {
    const { module, parts, resourceLimits, restart, watchdogMs } = this.#options
    if (module === undefined) throw new Error('worker shards need a module to run')
    return new ShardSupervisor({
      shard,
      module,
      resourceLimits,
      restart: restart ?? RESTART,
      watchdogMs: watchdogMs ?? 5000,
      log: parts.log,
      makeTask: () => this.#makeTask(shard),
      hear: (message) => this.#hear(shard, message),
      died: () => parts.meter.count('plasma_shard_crashes_total'),
      fatal: (reason) => this.#options.fatal(reason),
    })
  }

  /** New roads between a shard that begins and all others. */
  #makeTask(shard: number): Omit<WorkerTask, 'main'> {
    const { node, workers, faults, config } = this.#options
    const main = new MessageChannel()
    this.#mesh.connect(shard, main.port1)
    const mesh: MeshRoad[] = [{ shard: 0, port: main.port2 }]
    for (const [other, supervisor] of this.#supervisors) {
      // One that is down now makes its own road here when it begins.
      if (other === shard || !supervisor.running) continue
      const { port1, port2 } = new MessageChannel()
      supervisor.connect({ type: 'road', shard, port: port1 })
      mesh.push({ shard: other, port: port2 })
    }
    return { node, shard, workers, faults, config, mesh, peers: [...this.#peers] }
  }

  #hear(shard: number, message: ToMain): void {
    switch (message.type) {
      case 'frames':
        this.#carry(message.frames)
        break
      case 'malformed':
        this.#reject(message.from, message.reason)
        break
      case 'event':
        this.#options.onEvent?.(shard, message.event)
        break
      case 'fatal':
        this.#options.fatal(message.reason)
        break
      default:
        break
    }
  }

  #roads() {
    const { node, workers } = this.#options
    return {
      node,
      shard: 0,
      workers,
      peers: this.#peers,
      carry: (frames: readonly LinkFrame[]) => this.#carry(frames),
      report: (event: ActorEvent) => this.#options.onEvent?.(0, event),
      fatal: (reason: string) => this.#options.fatal(reason),
    }
  }

  #carry(frames: readonly LinkFrame[]): void {
    for (const { to, lane, frame } of frames) this.#links?.send(to, lane, frame)
  }

  #forward(shard: number, from: NodeName, frame: Bytes): void {
    const exact = exactBytes(frame)
    const transfer = exact.length > TRANSFER_BYTES ? [exact.buffer as ArrayBuffer] : []
    this.#supervisors.get(shard)?.tell({ type: 'frame', from, frame: exact }, transfer)
  }

  #reject(peer: NodeName, reason: string): void {
    this.#options.parts.log.warn({ peer, reason }, 'a peer sent what does not decode')
    this.#links?.reject(peer, reason)
  }

  #tellPeer(name: NodeName, workers: number | undefined): void {
    if (workers === undefined) this.#peers.delete(name)
    else this.#peers.set(name, workers)
    for (const supervisor of this.#supervisors.values()) {
      supervisor.tell({ type: 'peer', name, workers })
    }
  }
}
