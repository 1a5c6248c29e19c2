/** The outsiders of one shard: their open addresses and their questions. See `outside.ts`. */

import type { Log } from '../base/ports/log.ts'
import type { AskOutcome } from './actor.ts'
import type { Address } from './address.ts'
import type { Asks } from './asks.ts'
import type { Asker } from './inbound.ts'
import type { Envelope, Message } from './message.ts'
import type { OutsideGate, OutsidePort, Receive } from './outside.ts'

export interface GateParts {
  readonly log: Log
  readonly asks: Asks<Asker>
  readonly openAsksMax: number
  /** This run of the shard: stands for the life of all its outsiders. */
  readonly life: number
  /** Makes the address of an outsider by its number. */
  address(number: number): Address
  nowMs(): number
  /** False once the shard stops. */
  accepting(): boolean
  /** Sends an envelope on its way and asks for a turn. */
  route(envelope: Envelope): void
  /** Asks for a turn: deadlines have changed. */
  wake(): void
}

export class Gate implements OutsideGate {
  readonly #parts: GateParts
  readonly #receivers = new Map<string, Receive>()
  #lastNumber = 0
  #openAsks = 0

  constructor(parts: GateParts) {
    this.#parts = parts
  }

  get openPorts(): number {
    return this.#receivers.size
  }

  ask(to: Address, message: Message, timeoutMs: number, done: (outcome: AskOutcome) => void): void {
    const refusal = this.#refusal()
    if (refusal !== undefined) {
      done({ ok: false, reason: refusal })
      return
    }
    const ask = this.#open(timeoutMs, done)
    const { life } = this.#parts
    this.#parts.route({ to, from: this.#parts.address(0), message, ask, life })
  }

  nowMs(): number {
    return this.#parts.nowMs()
  }

  /** A question that is put to nobody ends at its time. */
  later(afterMs: number, call: () => void): boolean {
    if (this.#refusal() !== undefined) return false
    this.#open(afterMs, call)
    this.#parts.wake()
    return true
  }

  open(receive: Receive): OutsidePort {
    const at = this.#parts.address(++this.#lastNumber)
    this.#receivers.set(at.key, receive)
    return {
      address: at,
      send: (to, message) => {
        if (this.#parts.accepting()) this.#parts.route({ to, from: at, message })
      },
      close: () => {
        this.#receivers.delete(at.key)
      },
    }
  }

  /** Hands a message to its outsider; false if there is none of that address. */
  receive(envelope: Envelope): boolean {
    const receive = this.#receivers.get(envelope.to.key)
    if (receive === undefined) return false
    this.#guard(() => receive(envelope.message, envelope.from))
    return true
  }

  #refusal(): 'unreachable' | 'overloaded' | undefined {
    if (!this.#parts.accepting()) return 'unreachable'
    return this.#openAsks >= this.#parts.openAsksMax ? 'overloaded' : undefined
  }

  #open(timeoutMs: number, done: (outcome: AskOutcome) => void): number {
    const { asks, life, nowMs } = this.#parts
    this.#openAsks++
    const conclude = (outcome: AskOutcome): void => {
      this.#openAsks--
      this.#guard(() => done(outcome))
    }
    return asks.open(conclude, life, '', nowMs() + timeoutMs).id
  }

  /** An outsider's throw is its own bug; the shard goes on. */
  #guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#parts.log.error(
        { error: String((error as Error)?.stack ?? error) },
        'an outsider threw',
      )
    }
  }
}
