/**
 * The post office of a shard: every envelope that an actor or outsider sends, or that arrives, and
 * what is held until its batch has landed.
 *
 * It leaves to the shard: when a turn ends, what has landed, and who handles a mailbox.
 */

import type { NodeName } from '../base/ids.ts'
import type { Address } from './address.ts'
import { address, formatAddress } from './address.ts'
import { Asks } from './asks.ts'
import type { Cell } from './cell.ts'
import { DeadLetters, type DeadReason } from './dead-letters.ts'
import { Gate } from './gate.ts'
import { Held } from './held.ts'
import type { Host } from './host.ts'
import { type Asker, Inbound, type LocalMode } from './inbound.ts'
import type { ShardLimits } from './limits.ts'
import type { Letter } from './mailbox.ts'
import type { Envelope, MessageCodec } from './message.ts'
import { Outbound } from './outbound.ts'
import { OUTSIDE, type Placements } from './placement.ts'

/** An actor waits to hear that its batch has landed. */
export interface Notice {
  readonly cell: Cell
  readonly life: number
  readonly tag: string
}

export interface PostParts {
  readonly host: Host
  readonly codec: MessageCodec
  readonly local: LocalMode
  readonly limits: ShardLimits
  readonly placements: Placements
  /** Names this run of the shard in its outsiders' addresses. */
  readonly run: number
  /** The life that outsiders' questions carry. */
  readonly outsideLife: number
  find(at: Address): Cell | undefined
  ready(cell: Cell): void
  landed(notice: Notice): void
  accepting(): boolean
}

export class Post {
  readonly asks = new Asks<Asker>()
  readonly deadLetters: DeadLetters
  readonly gate: Gate
  readonly #parts: PostParts
  readonly #inbound: Inbound
  readonly #outbound: Outbound
  readonly #held = new Held<Envelope | Notice>()
  #turnHeld: (Envelope | Notice)[] = []

  constructor(parts: PostParts) {
    const { host, codec, limits, placements } = parts
    this.#parts = parts
    this.deadLetters = new DeadLetters(limits.deadLetters)
    this.gate = this.#openGate()
    this.#outbound = new Outbound(host, codec, placements, (envelope, reason) =>
      this.#inbound.refuse(envelope, reason),
    )
    this.#inbound = new Inbound({
      codec,
      local: parts.local,
      asks: this.asks,
      gate: this.gate,
      deadLetters: this.deadLetters,
      find: parts.find,
      ready: parts.ready,
      route: (envelope) => this.route(envelope),
      nowMs: () => host.clock.monotonicMs(),
    })
  }

  get heldSize(): number {
    return this.#held.size + this.#turnHeld.length
  }

  /** Nothing waits for a flush. */
  get flushed(): boolean {
    return this.#outbound.empty
  }

  /** From an actor: within the shard at once; out of it now, or when this turn's batch has landed. */
  send(envelope: Envelope, now: boolean): void {
    const inside = envelope.to.kind !== OUTSIDE && this.#here(envelope.to)
    if (inside || now) this.route(envelope)
    else this.#turnHeld.push(envelope)
  }

  /** Tells the actor when this turn's batch has landed. */
  notify(notice: Notice): void {
    this.#turnHeld.push(notice)
  }

  /** To an actor or outsider of this shard at once, to anyone else with the next flush. */
  route(envelope: Envelope): void {
    if (this.#here(envelope.to)) this.#inbound.deliverLocal(envelope)
    else this.#outbound.put(envelope)
  }

  /** Throws, before anything is delivered, if an envelope does not fit or a peer speaks for others. */
  arrive(tuples: readonly unknown[], peer: NodeName | undefined): void {
    const here = this.#parts.host.node
    const envelopes = tuples.map((tuple) => this.#parts.codec.decode(tuple))
    for (const { from, to } of envelopes) {
      if (peer !== undefined && from.node !== peer) throw foreign(`from ${peer}`, from)
      if (to.node !== here) throw foreign(`to ${here}`, to)
    }
    for (const envelope of envelopes) {
      if (this.#parts.accepting()) this.#inbound.deliver(envelope)
      else this.#inbound.refuse(envelope, 'stopped')
    }
  }

  /** Questions whose time is over. */
  expire(nowMs: number): void {
    for (let ask = this.asks.due(nowMs); ask; ask = this.asks.due(nowMs)) {
      this.#inbound.conclude(ask, { ok: false, reason: 'timeout' })
    }
  }

  bury(to: Address, letter: Letter, reason: DeadReason): void {
    this.#inbound.refuseLetter(to, letter, reason)
  }

  /** What was sent in this turn waits for everything up to its waterline. */
  holdTurn(waterline: number): void {
    if (this.#turnHeld.length === 0) return
    this.#held.add(this.#turnHeld, waterline)
    this.#turnHeld = []
  }

  /** Everything up to here has landed: what waited for no more is on its way with the next flush. */
  release(landed: number): void {
    this.#held.release(landed, (item) => {
      if ('cell' in item) this.#parts.landed(item)
      else this.route(item)
    })
  }

  flush(): void {
    this.#outbound.flush()
  }

  #here(to: Address): boolean {
    const { node, shard, workers } = this.#parts.host
    return to.node === node && this.#parts.placements.shardOf(to, workers) === shard
  }

  #openGate(): Gate {
    const { host, run, outsideLife, limits, accepting } = this.#parts
    const name = run.toString(36)
    return new Gate({
      log: host.log,
      asks: this.asks,
      openAsksMax: limits.openAsks,
      life: outsideLife,
      address: (number) => address(host.node, OUTSIDE, `${host.shard}.${name}.${number}`),
      nowMs: () => host.clock.monotonicMs(),
      accepting,
      route: (envelope) => {
        this.route(envelope)
        host.wake()
      },
      wake: () => host.wake(),
    })
  }
}

/** An envelope whose address cannot be right. */
export class ForeignEnvelope extends Error {
  override readonly name = 'ForeignEnvelope'
}

function foreign(expected: string, at: Address): ForeignEnvelope {
  return new ForeignEnvelope(`an envelope ${expected} was expected, not ${formatAddress(at)}`)
}
