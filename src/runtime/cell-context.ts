/**
 * The context of one life of an actor. It does nothing by itself: what `receive` asks for is gathered
 * as effects, which the shard performs when `receive` has returned. Reads see the writes gathered so far.
 */

import { assert } from '../base/assert.ts'
import type { Bytes } from '../base/bytes.ts'
import type { Log } from '../base/ports/log.ts'
import type { Meter } from '../base/ports/meter.ts'
import type { KeyRange, PageLimit, StoreOp } from '../storage/store.ts'
import type { AskOptions, Context, Question } from './actor.ts'
import { type Address, formatAddress } from './address.ts'
import type { Effect } from './effects.ts'
import { keyName } from './key-name.ts'
import type { Message } from './message.ts'

/** What a context takes from its shard at once, not as an effect. */
export interface ContextServices {
  readonly nowMs: number
  readonly wallMs: number
  readonly log: Log
  readonly meter: Meter
  stopwatchUs(): number
  random(bound: number): number
  /** Throws for a message kind that no schema declares. */
  mustKnow(kind: string): void
  read(key: Bytes): Bytes | undefined
  mark(name: string): void
  fatal(reason: string): never
}

export class CellContext implements Context {
  readonly self: Address
  readonly life: number
  readonly #services: ContextServices
  #effects: Effect[] = []
  #written = new Map<string, StoreOp>()
  /** Effects before this one are in `#written` already. */
  #indexed = 0
  #wrote = false
  #receiving = false
  #log: Log | undefined

  constructor(self: Address, life: number, services: ContextServices) {
    this.self = self
    this.life = life
    this.#services = services
  }

  begin(): void {
    assert(!this.#receiving, 'an actor handles one input at a time')
    this.#receiving = true
  }

  /** Ends the receive and gives what it wants done. */
  end(): readonly Effect[] {
    const effects = this.#effects
    this.#receiving = false
    if (effects.length > 0) this.#effects = []
    if (this.#indexed > 0) this.#written = new Map()
    this.#indexed = 0
    this.#wrote = false
    return effects
  }

  get nowMs(): number {
    return this.#services.nowMs
  }

  get wallMs(): number {
    return this.#services.wallMs
  }

  get log(): Log {
    this.#log ??= named(this.#services.log, formatAddress(this.self))
    return this.#log
  }

  get meter(): Meter {
    return this.#services.meter
  }

  stopwatchUs(): number {
    return this.#services.stopwatchUs()
  }

  random(bound: number): number {
    return this.#services.random(bound)
  }

  send(to: Address, message: Message): void {
    this.#message({ type: 'send', to, message, now: false })
  }

  sendNow(to: Address, message: Message): void {
    this.#message({ type: 'send', to, message, now: true })
  }

  ask(to: Address, message: Message, options: AskOptions): void {
    this.#message({ type: 'ask', to, message, options })
  }

  answer(question: Question, message: Message): void {
    this.#message({ type: 'answer', question, message, now: false })
  }

  answerNow(question: Question, message: Message): void {
    this.#message({ type: 'answer', question, message, now: true })
  }

  write(ops: readonly StoreOp[]): void {
    this.#write(ops, false)
  }

  writeLazily(ops: readonly StoreOp[]): void {
    this.#write(ops, true)
  }

  whenLanded(tag: string): void {
    this.#add({ type: 'when-landed', tag })
  }

  whenAllLanded(tag: string): void {
    this.#add({ type: 'when-all-landed', tag })
  }

  read(key: Bytes): Bytes | undefined {
    assert(this.#receiving, 'a context is used within receive alone')
    if (this.#wrote) {
      const own = this.#ownWrite(keyName(key))
      if (own !== undefined) return own.type === 'put' ? own.value : undefined
    }
    return this.#services.read(key)
  }

  fetch(keys: readonly Bytes[], tag: string): void {
    this.#add({ type: 'fetch', keys, tag })
  }

  scan(range: KeyRange, limit: PageLimit, tag: string): void {
    this.#add({ type: 'scan', range, limit, tag })
  }

  compact(range: KeyRange): void {
    this.#add({ type: 'compact', range })
  }

  setTimer(name: string, afterMs: number): void {
    assert(Number.isFinite(afterMs) && afterMs >= 0, 'a timer lies ahead')
    this.#add({ type: 'set-timer', name, afterMs })
  }

  cancelTimer(name: string): void {
    this.#add({ type: 'cancel-timer', name })
  }

  start(kind: string, key: string): void {
    this.#add({ type: 'start', kind, key })
  }

  stop(kind: string, key: string): void {
    this.#add({ type: 'stop', kind, key })
  }

  mark(name: string): void {
    this.#services.mark(name)
  }

  fatal(reason: string): never {
    return this.#services.fatal(reason)
  }

  #add(effect: Effect): void {
    assert(this.#receiving, 'a context is used within receive alone')
    this.#effects.push(effect)
  }

  #message(effect: Effect & { readonly message: Message }): void {
    this.#services.mustKnow(effect.message.kind)
    this.#add(effect)
  }

  #write(ops: readonly StoreOp[], lazy: boolean): void {
    if (ops.length === 0) return
    this.#wrote = true
    this.#add({ type: 'write', ops, lazy })
  }

  #ownWrite(name: string): StoreOp | undefined {
    for (; this.#indexed < this.#effects.length; this.#indexed++) {
      const effect = this.#effects[this.#indexed] as Effect
      if (effect.type !== 'write') continue
      for (const op of effect.ops) this.#written.set(keyName(op.key), op)
    }
    return this.#written.get(name)
  }
}

function named(log: Log, actor: string): Log {
  return {
    debug: (fields, sentence) => log.debug({ actor, ...fields }, sentence),
    info: (fields, sentence) => log.info({ actor, ...fields }, sentence),
    warn: (fields, sentence) => log.warn({ actor, ...fields }, sentence),
    error: (fields, sentence) => log.error({ actor, ...fields }, sentence),
  }
}
