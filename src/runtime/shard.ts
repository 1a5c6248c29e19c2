/**
 * A shard: the actors of one thread, run in turns over a host. It has no clock, no randomness and no
 * threads of its own, so given the same host it does the same thing.
 *
 * A turn handles what lies in the mailboxes, within its budget; what the actors wrote in it goes to
 * disk as one batch, and what leaves the shard waits for that batch, unless it was sent now.
 * docs/runtime.md states it clause by clause.
 */

import { must } from '../base/assert.ts'
import type { NodeName } from '../base/ids.ts'
import type { Actor, ActorKind, Input } from './actor.ts'
import { formatAddress } from './address.ts'
import { type BatchRing, readRing } from './batch-ring.ts'
import type { Cell } from './cell.ts'
import { DiskQueue, type Landing } from './disk-queue.ts'
import type { Host } from './host.ts'
import type { LocalMode } from './inbound.ts'
import { InjectedFault } from './injected-fault.ts'
import { pictureOf, type ShardPicture } from './inspect.ts'
import { SHARD_LIMITS, type ShardLimits } from './limits.ts'
import type { Letter } from './mailbox.ts'
import type { MessageCodec } from './message.ts'
import { Outside } from './outside.ts'
import { Performer } from './performer.ts'
import { Placements } from './placement.ts'
import { Post } from './post.ts'
import { Residents } from './residents.ts'
import { RunQueue } from './run-queue.ts'
import { Services } from './services.ts'
import type { SupervisionTree } from './supervision.ts'
import { Timers } from './timers.ts'
import { TurnMeter } from './turn-meter.ts'

/** What runs on a shard; the same on every shard of every node. */
export interface ShardProgram {
  readonly kinds: readonly ActorKind[]
  readonly tree: SupervisionTree
  readonly codec: MessageCodec
  readonly ring: BatchRing
  /** `plain` if left out. */
  readonly local?: LocalMode
  readonly limits?: Partial<ShardLimits>
}

const LIVES_PER_RUN = 2 ** 20
const RUNS = 2 ** 32

/** Time is looked at after each visit and, within one, after this many inputs. */
const CLOCK_EVERY = 4

export class Shard {
  /** For code on this shard's thread that is no actor. */
  readonly outside: Outside
  readonly #host: Host
  readonly #limits: ShardLimits
  readonly #firstLife: number
  readonly #placements: Placements
  readonly #timers = new Timers<Cell>()
  readonly #run = new RunQueue()
  readonly #disk: DiskQueue
  readonly #services: Services
  readonly #post: Post
  readonly #residents: Residents
  readonly #meter: TurnMeter
  readonly #performer: Performer
  readonly #ringGap: string | undefined
  #turning = false
  #state: 'new' | 'running' | 'draining' | 'ended' = 'new'
  #drainTurns = 0
  #drained: () => void = () => {}

  /** Reads the batch ring; nothing runs before `start`. */
  constructor(host: Host, program: ShardProgram) {
    this.#host = host
    this.#limits = { ...SHARD_LIMITS, ...program.limits }
    this.#firstLife = host.random.below(RUNS) * LIVES_PER_RUN
    this.#meter = new TurnMeter(host, this.#limits.slowTurnMs)
    this.#placements = new Placements(program.tree)
    const ring = readRing(program.ring, host.store, host.shard)
    this.#ringGap = ring.ok ? undefined : ring.gap
    this.#disk = this.#openDisk(program.ring, ring.ok ? ring.last : 0)
    this.#services = new Services(host, program.codec, this.#disk.overlay, (reason) =>
      this.#fatal(reason),
    )
    this.#post = this.#openPost(program)
    this.outside = new Outside(this.#post.gate)
    this.#residents = this.#openResidents(program.kinds)
    this.#performer = this.#openPerformer()
  }

  /** Starts what the tree places here. Ends the node if the disk dropped a batch. */
  start(): void {
    if (this.#ringGap !== undefined) {
      this.#fatal(`shard ${this.#host.shard} lost writes: ${this.#ringGap}; start with --rejoin`)
    }
    this.#state = 'running'
    this.#services.readTime()
    this.#residents.startChildren()
    this.#host.wake()
  }

  /** One turn. The host calls it after `wake`, and at the time asked for by `wakeAt`. */
  turn(): void {
    if (this.#state === 'ended' || this.#state === 'new') return
    this.#meter.begin()
    this.#turning = true
    this.#services.readTime()
    if (this.#state === 'running') this.#fireDue()
    const inputs = this.#handle()
    this.#turning = false
    this.#endTurn()
    this.#meter.end(inputs)
  }

  /**
   * Envelopes from another shard of this node, or from the node at the other end of a link. Throws
   * `MalformedMessage` before anything is delivered if one does not fit, or if a peer speaks for others.
   */
  arrive(tuples: readonly unknown[], peer?: NodeName): void {
    if (this.#state === 'ended' || this.#state === 'new') return
    this.#post.arrive(tuples, peer)
    this.#host.wake()
  }

  /** Takes nothing more, handles what is queued, writes all of it, stops the actors in reverse order. */
  drain(done: () => void): void {
    if (this.#state !== 'running') {
      done()
      return
    }
    this.#state = 'draining'
    this.#drained = done
    this.#host.wake()
  }

  /** The shard is dead as by a crash: nothing of it is heard of again. */
  kill(): void {
    this.#state = 'ended'
  }

  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** Nothing to handle, nothing held, nothing on its way to disk; timers and questions may be open. */
  get idle(): boolean {
    return this.#run.size === 0 && this.#post.heldSize === 0 && this.#disk.resting
  }

  /** A living actor's own object, for audits and tests; never to be changed. */
  actor(kind: string, key: string): Actor | undefined {
    return this.#residents.find(kind, key)?.actor
  }

  /** Fault injection: this actor's next receive throws after it has run. False if there is none. */
  throwNext(kind: string, key: string): boolean {
    const cell = this.#residents.find(kind, key)
    if (cell === undefined) return false
    cell.throwNext = true
    return true
  }

  inspect(): ShardPicture {
    return {
      node: this.#host.node,
      shard: this.#host.shard,
      firstLife: this.#firstLife,
      turns: this.#meter.turns,
      inputs: this.#meter.inputs,
      batch: this.#disk.batch,
      queuedBytes: this.#disk.queuedBytes,
      held: this.#post.heldSize,
      openAsks: this.#post.asks.size,
      outsiders: this.#post.gate.openPorts,
      actors: [...this.#residents.all()].map(pictureOf),
      deadLetters: {
        counts: this.#post.deadLetters.counts(),
        recent: this.#post.deadLetters.recent(),
      },
    }
  }

  #fireDue(): void {
    for (
      let due = this.#timers.due(this.#services.nowMs);
      due;
      due = this.#timers.due(this.#services.nowMs)
    ) {
      due.owner.mailbox.reserve({ type: 'timer', name: due.timer.name }, due.timer)
      this.#run.ready(due.owner)
    }
    this.#post.expire(this.#services.nowMs)
    this.#residents.beginDue(this.#services.nowMs)
  }

  /** Visits actors until none has anything to do or the budget is spent. */
  #handle(): number {
    let handled = 0
    while (handled < this.#limits.turnInputs) {
      const cell = this.#run.next()
      if (cell === undefined) break
      handled += this.#visit(cell)
      if (this.#isOver()) break
    }
    return handled
  }

  /** Whether this turn has used its time. */
  #isOver(): boolean {
    return this.#host.clock.monotonicMs() - this.#services.nowMs >= this.#limits.turnMs
  }

  #visit(cell: Cell): number {
    const { visitInputs } = this.#limits
    let handled = 0
    while (cell.alive && handled < visitInputs) {
      // The last of a visit goes to the normal lane, so that the others cannot starve it.
      const letter = cell.mailbox.take(handled === visitInputs - 1)
      if (letter === undefined) break
      if (letter.timer !== undefined && !letter.timer.live) continue
      if (letter.timer !== undefined) this.#timers.delivered(letter.timer)
      if (letter.input.type === 'missed') cell.missed.delete(letter.input.kind)
      handled++
      this.#receive(cell, letter)
      if (handled % CLOCK_EVERY === 0 && this.#isOver()) break
    }
    if (cell.state === 'stopping' && cell.mailbox.size === 0) this.#residents.finish(cell)
    if (cell.alive && cell.mailbox.size > 0) this.#run.ready(cell)
    return handled
  }

  #receive(cell: Cell, letter: Letter): void {
    const actor = must(cell.actor, 'a living cell has an actor')
    const context = must(cell.context, 'a living cell has a context')
    const startUs = this.#host.stopwatchUs()
    context.begin()
    try {
      actor.receive(letter.input, context)
      if (cell.throwNext) throw new InjectedFault(cell.at)
    } catch (error) {
      // The host's way of ending the node is not an actor's throw.
      if (this.#state === 'ended') throw error
      context.end()
      this.#fallen(cell, letter, error)
      return
    }
    this.#meter.handled(cell, this.#host.stopwatchUs() - startUs)
    this.#performer.perform(cell, context.end())
  }

  #fallen(cell: Cell, letter: Letter, error: unknown): void {
    cell.throwNext = false
    const reason = error instanceof Error ? error.message : String(error)
    const stack = error instanceof Error ? error.stack : undefined
    this.#host.log.error(
      { actor: formatAddress(cell.at), life: cell.life, stack },
      'an actor threw',
    )
    this.#host.meter.count('plasma_actor_throws_total')
    this.#post.bury(cell.at, letter, 'threw')
    this.#residents.fallen(cell, reason)
  }

  /** What was sent now leaves, what was held leaves or waits, what was written goes to disk. */
  #endTurn(): void {
    this.#post.holdTurn(this.#disk.waterline)
    this.#post.release(this.#disk.landedUrgent)
    this.#post.flush()
    this.#disk.pump()
    this.#performer.landed()
    if (this.#state === 'draining') this.#drainOn()
    if (this.#state !== 'ended') this.#askForTurn()
  }

  #askForTurn(): void {
    if (this.#run.size > 0 || !this.#post.flushed) {
      this.#host.wake()
      return
    }
    if (this.#state === 'draining') return
    const times = [
      this.#timers.nextAt(),
      this.#post.asks.nextAt(),
      this.#residents.nextAt(this.#services.nowMs),
    ].filter((at) => at !== undefined)
    if (times.length > 0) this.#host.wakeAt(Math.min(...times))
  }

  #landed(landing: Landing): void {
    if (this.#state === 'ended') return
    const { meter } = this.#host
    meter.count('plasma_batches_total')
    meter.observe('plasma_batch_bytes', landing.bytes)
    meter.observe('plasma_batch_seconds', landing.tookUs / 1e6)
    this.#post.release(this.#disk.landedUrgent)
    this.#performer.landed()
    // A store may answer within its call: then the turn that made it does the rest.
    if (!this.#turning) this.#post.flush()
    this.#disk.pump()
    this.#host.wake()
  }

  #drainOn(): void {
    this.#drainTurns++
    if (this.#run.size > 0 && this.#drainTurns < this.#limits.drainTurns) return
    this.#disk.flush()
    this.#disk.pump()
    if (!this.#disk.idle || this.#post.heldSize > 0) return
    this.#post.flush()
    for (const cell of [...this.#residents.all()].reverse()) this.#residents.finish(cell)
    this.#state = 'ended'
    this.#drained()
  }

  #complete(cell: Cell, life: number, input: Input): void {
    if (this.#state === 'ended' || !cell.alive || cell.life !== life) return
    cell.mailbox.reserve(input)
    this.#ready(cell)
  }

  #ready(cell: Cell): void {
    this.#run.ready(cell)
    if (!this.#turning) this.#host.wake()
  }

  #fatal(reason: string): never {
    this.#state = 'ended'
    return this.#host.fatal(reason)
  }

  #openDisk(ring: BatchRing, lastBatch: number): DiskQueue {
    const { store, shard } = this.#host
    return new DiskQueue({
      store,
      shard,
      ring,
      lastBatch,
      batchBytes: this.#limits.batchBytes,
      lazyBytes: this.#limits.lazyBytes,
      stopwatchUs: () => this.#host.stopwatchUs(),
      landed: (landing) => this.#landed(landing),
      failed: (reason) => {
        if (this.#state !== 'ended') this.#fatal(reason)
      },
    })
  }

  #openPost(program: ShardProgram): Post {
    return new Post({
      host: this.#host,
      codec: program.codec,
      local: program.local ?? 'plain',
      limits: this.#limits,
      placements: this.#placements,
      run: this.#firstLife / LIVES_PER_RUN,
      outsideLife: this.#firstLife,
      find: (at) => this.#residents.find(at.kind, at.key),
      ready: (cell) => this.#ready(cell),
      landed: ({ cell, life, tag }) => this.#complete(cell, life, { type: 'landed', tag }),
      accepting: () => this.#state === 'running',
    })
  }

  #openResidents(kinds: readonly ActorKind[]): Residents {
    return new Residents({
      host: this.#host,
      kinds,
      placements: this.#placements,
      limits: this.#limits,
      services: this.#services,
      timers: this.#timers,
      asks: this.#post.asks,
      disk: this.#disk,
      firstLife: this.#firstLife,
      ready: (cell) => this.#ready(cell),
      bury: (to, letter, reason) => this.#post.bury(to, letter, reason),
    })
  }

  #openPerformer(): Performer {
    return new Performer({
      host: this.#host,
      disk: this.#disk,
      timers: this.#timers,
      post: this.#post,
      residents: this.#residents,
      openAsksMax: this.#limits.openAsks,
      nowMs: () => this.#services.nowMs,
      complete: (cell, life, input) => this.#complete(cell, life, input),
      fatal: (reason) => this.#fatal(reason),
    })
  }
}
