/**
 * Carries out what a `receive` asked for, in order, once it has returned. Within the shard messages go
 * at once; what leaves the shard goes with the turn if sent now, or is held for the turn's batch.
 */

import { assert, unreachable } from '../base/assert.ts'
import type { Input } from './actor.ts'
import type { Cell } from './cell.ts'
import { Compactions } from './compactions.ts'
import type { DiskQueue } from './disk-queue.ts'
import type { Effect } from './effects.ts'
import type { Host } from './host.ts'
import { Landings } from './landings.ts'
import type { Notice, Post } from './post.ts'
import { fetchThrough, scanThrough } from './reads.ts'
import type { Residents } from './residents.ts'
import type { Timers } from './timers.ts'

export interface PerformerParts {
  readonly host: Host
  readonly disk: DiskQueue
  readonly timers: Timers<Cell>
  readonly post: Post
  readonly residents: Residents
  readonly openAsksMax: number
  nowMs(): number
  /** A completion for this life of the cell. */
  complete(cell: Cell, life: number, input: Input): void
  fatal(reason: string): never
}

export class Performer {
  readonly #parts: PerformerParts
  readonly #compactions: Compactions<Cell>
  readonly #landings = new Landings<Notice>()
  #receive = 0

  constructor(parts: PerformerParts) {
    this.#parts = parts
    const { host } = parts
    this.#compactions = new Compactions({
      compact: (range, done) => host.store.compact(range, done),
      failed: ({ message }) => parts.fatal(`a compaction failed: ${message}`),
    })
  }

  perform(cell: Cell, effects: readonly Effect[]): void {
    this.#receive++
    for (const effect of effects) this.#one(cell, effect)
  }

  /** A batch landed, or there was none to wait for: tells those that waited for all of theirs. */
  landed(): void {
    if (this.#landings.size === 0) return
    for (const { cell, life, tag } of this.#landings.take((it) => this.#parts.disk.hasLanded(it))) {
      this.#parts.complete(cell, life, { type: 'landed', tag })
    }
  }

  #one(cell: Cell, effect: Effect): void {
    const { timers, residents, post } = this.#parts
    switch (effect.type) {
      case 'send':
        post.send({ to: effect.to, from: cell.at, message: effect.message }, effect.now)
        return
      case 'ask':
        this.#ask(cell, effect)
        return
      case 'answer':
        this.#answer(cell, effect)
        return
      case 'write':
        cell.lastWrite = this.#parts.disk.write(effect.ops, effect.lazy, this.#receive)
        return
      case 'when-landed':
        this.#parts.post.notify({ cell, life: cell.life, tag: effect.tag })
        return
      case 'when-all-landed':
        this.#parts.disk.flush()
        this.#landings.add(cell.lastWrite, { cell, life: cell.life, tag: effect.tag })
        return
      case 'fetch':
        this.#fetch(cell, effect)
        return
      case 'scan':
        this.#scan(cell, effect)
        return
      case 'compact':
        this.#compactions.ask(cell, effect.range)
        return
      case 'set-timer':
        timers.set(cell, effect.name, this.#parts.nowMs() + effect.afterMs)
        return
      case 'cancel-timer':
        timers.cancel(cell, effect.name)
        return
      case 'start':
        residents.start(effect.kind, effect.key)
        return
      case 'stop':
        residents.stop(effect.kind, effect.key)
        return
      default:
        unreachable(effect)
    }
  }

  #ask(cell: Cell, effect: Effect & { type: 'ask' }): void {
    const { to, message, options } = effect
    const { post } = this.#parts
    if (cell.openAsks >= this.#parts.openAsksMax) {
      const outcome = { ok: false, reason: 'overloaded' } as const
      this.#parts.complete(cell, cell.life, { type: 'answer', tag: options.tag, outcome })
      return
    }
    cell.openAsks++
    const at = this.#parts.nowMs() + options.timeoutMs
    const ask = post.asks.open(cell, cell.life, options.tag, at)
    const now = options.now === true
    post.send({ to, from: cell.at, message, ask: ask.id, life: cell.life }, now)
  }

  #answer(cell: Cell, effect: Effect & { type: 'answer' }): void {
    const { from, ask, life } = effect.question
    this.#parts.post.send(
      { to: from, from: cell.at, message: effect.message, answer: ask, life },
      effect.now,
    )
  }

  #fetch(cell: Cell, effect: Effect & { type: 'fetch' }): void {
    const { disk, host } = this.#parts
    const { life } = cell
    fetchThrough(disk.overlay, host.store, effect.keys, (error, values = []) => {
      if (error !== undefined) this.#parts.fatal(`a read failed: ${error.message}`)
      this.#parts.complete(cell, life, { type: 'fetched', tag: effect.tag, values })
    })
  }

  #scan(cell: Cell, effect: Effect & { type: 'scan' }): void {
    const { disk, host } = this.#parts
    const { life } = cell
    assert(effect.limit.rows > 0, 'a page holds at least one row')
    scanThrough(disk.overlay, host.store, effect.range, effect.limit, (error, page) => {
      if (error !== undefined) this.#parts.fatal(`a scan failed: ${error.message}`)
      const { rows, more } = page ?? { rows: [], more: false }
      this.#parts.complete(cell, life, { type: 'scanned', tag: effect.tag, rows, more })
    })
  }
}
