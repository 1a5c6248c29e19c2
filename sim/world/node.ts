/**
 * A simulated node: one disk, one clock, and now and then a process of one to three shards on them,
 * put together as `src/node` does it. It can crash, pause, lose a shard, be stopped and be wiped.
 *
 * Whatever belongs to a process runs through `run`: not at all once the process is dead, later while it
 * is paused.
 */

import type { Bytes } from '../../src/base/bytes.ts'
import type { NodeName } from '../../src/base/ids.ts'
import type { Log } from '../../src/base/ports/log.ts'
import type { LinkEvents, LinkLane, Links, PeerIdentity } from '../../src/net/link.ts'
import type { ActorEvent } from '../../src/runtime/host.ts'
import { Shard, type ShardProgram } from '../../src/runtime/shard.ts'
import type { Store } from '../../src/storage/store.ts'
import { decodeFrame, encodeFrames, WIRE_VERSIONS } from '../../src/wire/frame.ts'
import { MalformedMessage } from '../../src/wire/schema.ts'
import type { NodeClock } from './clock.ts'
import type { SimDisk } from './disk.ts'
import type { Fabric } from './fabric.ts'
import type { Kernel } from './kernel.ts'
import type { Randomness, Stream } from './random.ts'
import { ShardHost, type Surroundings } from './shard-host.ts'

export interface NodeSetup {
  readonly name: NodeName
  readonly workers: number
  readonly kernel: Kernel
  readonly randomness: Randomness
  readonly fabric: Fabric
  readonly disk: SimDisk
  readonly clock: NodeClock
  readonly log: Log
  /** What its shards run; `incarnation` and `rejoin` are this process's. */
  program(process: { incarnation: string; rejoin: boolean; store: Store }): ShardProgram
  /** Told of everything that counts. */
  readonly events: NodeEvents
}

export interface NodeEvents {
  mark(name: string): void
  actor(event: ActorEvent): void
  /** A shard has done a turn. */
  turned(shard: Shard): void
  /** The process ended by itself, with its one line. */
  ended(node: SimNode, reason: string): void
  /** Something threw where nothing may throw. */
  broken(node: SimNode, error: unknown): void
}

/** How `fatal` leaves the code that called it. */
class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded'
}

interface Running {
  readonly number: number
  readonly store: Store
  readonly closeStore: () => void
  readonly links: Links
  readonly shards: (Shard | undefined)[]
  readonly peers: Map<NodeName, PeerIdentity>
  /** True time of the last delivery between two shards, to keep their order. */
  readonly lastPostUs: Map<number, number>
  readonly deferred: (() => void)[]
  paused: boolean
}

export class SimNode {
  readonly setup: NodeSetup
  readonly #random: Stream
  #running: Running | undefined
  #starts = 0
  #wipes = 0
  /** Starts, for the incarnation and for counts. */
  crashes = 0

  constructor(setup: NodeSetup) {
    this.setup = setup
    this.#random = setup.randomness.stream('node', setup.name)
  }

  get name(): NodeName {
    return this.setup.name
  }

  get up(): boolean {
    return this.#running !== undefined
  }

  get paused(): boolean {
    return this.#running?.paused === true
  }

  get shards(): readonly (Shard | undefined)[] {
    return this.#running?.shards ?? []
  }

  /** How often its disk was lost. */
  get wipes(): number {
    return this.#wipes
  }

  /** The number of the process that runs: another one is another life. */
  get process(): number {
    return this.#starts
  }

  start(rejoin = false): void {
    if (this.#running !== undefined) return
    const { disk, fabric, name, workers } = this.setup
    const number = ++this.#starts
    const { store, close } = disk.open((task) => this.#run(number, 'disk', task))
    const identity: PeerIdentity = {
      name,
      publicKey: `key-${name}-${this.#wipes}`,
      incarnation: this.#incarnation(),
      shards: workers,
      clientUrl: '',
      wireVersion: WIRE_VERSIONS.max,
    }
    const shards: (Shard | undefined)[] = []
    const links = fabric.attach(name, {
      identity,
      events: this.#linkEvents(number),
      run: (kind, task) => this.#run(number, kind, task),
    })
    this.#running = {
      number,
      store,
      closeStore: close,
      links,
      shards,
      peers: new Map(),
      lastPostUs: new Map(),
      deferred: [],
      paused: false,
    }
    this.#run(number, 'start', () => {
      const program = this.setup.program({ incarnation: identity.incarnation, rejoin, store })
      for (let shard = 0; shard <= workers; shard++) this.#startShard(number, shard, program)
    })
  }

  /** SIGKILL, or a power cut: what was not synced is lost as the disk decides. */
  crash(): void {
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    this.crashes++
    for (const shard of running.shards) shard?.kill()
    running.closeStore()
    this.setup.fabric.detach(this.name)
  }

  /** A clean shut-down: every shard drains, then the process ends. */
  stop(done: () => void): void {
    const running = this.#running
    if (running === undefined) return
    let left = running.shards.length
    const drained = (): void => {
      if (--left > 0 || this.#running !== running) return
      this.crash()
      done()
    }
    this.#run(running.number, 'stop', () => {
      for (const shard of running.shards) {
        if (shard) shard.drain(drained)
        else drained()
      }
    })
  }

  /** Stopped and continued: nothing runs, nothing is lost but what others give up on. */
  pause(paused: boolean): void {
    const running = this.#running
    if (running === undefined || running.paused === paused) return
    running.paused = paused
    this.setup.fabric.pause(this.name, paused)
    if (paused) return
    for (const task of running.deferred.splice(0)) this.#run(running.number, 'resumed', task)
  }

  /** A worker thread dies; what it gave the disk still lands, then a new one takes its place. */
  crashShard(shard: number): void {
    const running = this.#running
    const dead = running?.shards[shard]
    if (running === undefined || dead === undefined) return
    dead.kill()
    running.shards[shard] = undefined
    const { kernel } = this.setup
    const again = (): void => {
      if (this.#running !== running) return
      if (this.setup.disk.pending.queued + this.setup.disk.pending.syncing > 0) {
        kernel.after(500, { node: this.name, kind: 'shard.exit' }, again)
        return
      }
      this.#run(running.number, 'shard.start', () => {
        const incarnation = this.#incarnation()
        const program = this.setup.program({ incarnation, rejoin: false, store: running.store })
        this.#startShard(running.number, shard, program)
      })
    }
    kernel.after(
      20_000 + this.#random.below(60_000),
      { node: this.name, kind: 'shard.exit' },
      again,
    )
  }

  /** The disk is lost: the next start is that of a new machine under the old name. */
  wipe(): void {
    this.crash()
    this.#wipes++
    this.setup.disk.wipe()
  }

  #incarnation(): string {
    return `${this.name}-${this.#wipes}`.padEnd(32, '0')
  }

  #startShard(number: number, shard: number, program: ShardProgram): void {
    const running = this.#running
    if (running === undefined || running.number !== number) return
    const host = new ShardHost(this.#surroundings(number), shard, running.store, {
      random: this.setup.randomness.stream('random', `${this.name}/${number}/${shard}`),
      delays: this.setup.randomness.stream('turns', `${this.name}/${number}/${shard}`),
    })
    const made = new Shard(host, program)
    running.shards[shard] = made
    made.start()
  }

  #surroundings(number: number): Surroundings {
    const { kernel, clock, log, workers, events } = this.setup
    const running = (): Running | undefined =>
      this.#running?.number === number ? this.#running : undefined
    return {
      kernel,
      node: this.name,
      workers,
      clock,
      log,
      run: (kind, task) => this.#run(number, kind, task),
      turn: (number) => {
        const shard = running()?.shards[number]
        if (shard === undefined) return
        shard.turn()
        events.turned(shard)
      },
      post: (from, to, envelopes) => this.#post(number, from, to, envelopes),
      transmit: (_from, to, shard, lane, envelopes) => {
        const frames = encodeFrames(shard, lane, envelopes)
        for (const frame of frames) running()?.links.send(to, lane, frame)
      },
      shardsOf: (node) => running()?.peers.get(node)?.shards,
      report: (event) => events.actor(event),
      mark: (name) => events.mark(name),
      fatal: (reason) => {
        events.ended(this, reason)
        throw new ProcessEnded(reason)
      },
    }
  }

  #linkEvents(number: number): LinkEvents {
    const running = (): Running | undefined =>
      this.#running?.number === number ? this.#running : undefined
    return {
      up: (peer) => {
        running()?.peers.set(peer.name, peer)
      },
      down: (peer) => {
        running()?.peers.delete(peer.name)
      },
      frame: (peer, _lane: LinkLane, bytes) => {
        this.#arrive(running(), peer.name, bytes)
      },
    }
  }

  /** What a peer sends is judged here; a frame that does not fit costs it its connection. */
  #arrive(running: Running | undefined, peer: NodeName, bytes: Bytes): void {
    try {
      const { shard, tuples } = decodeFrame(bytes, this.setup.workers)
      running?.shards[shard]?.arrive(tuples, peer)
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      this.setup.events.broken(this, error)
      running?.links.reject(peer, error.message)
    }
  }

  #post(number: number, from: number, to: number, envelopes: readonly unknown[]): void {
    const running = this.#running
    if (running === undefined) return
    const { kernel } = this.setup
    const lane = from * 16 + to
    const due = kernel.nowUs + this.#random.tailed(10, 300)
    const at = Math.max(due, (running.lastPostUs.get(lane) ?? 0) + 1)
    running.lastPostUs.set(lane, at)
    const label = { node: this.name, kind: 'post', digest: lane * 4096 + envelopes.length }
    kernel.at(at, label, () => {
      this.#run(number, 'post', () => this.#running?.shards[to]?.arrive(envelopes))
    })
  }

  #run(number: number, _kind: string, task: () => void): void {
    const running = this.#running
    if (running === undefined || running.number !== number) return
    if (running.paused) {
      running.deferred.push(task)
      return
    }
    try {
      task()
    } catch (error) {
      if (error instanceof ProcessEnded) this.crash()
      else this.setup.events.broken(this, error)
    }
  }
}
