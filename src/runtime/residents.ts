/**
 * The actors of one shard and their lives: who runs, who starts, who is restarted after a throw and
 * when, who is stopped. Supervision is data (`supervision.ts`); this carries it out.
 *
 * Promises: a new life begins only when every write of the one before it is on disk and its delay is
 * over; a fallen actor and those it takes along begin again together, in the tree's order.
 */

import { assert, must } from '../base/assert.ts'
import type { ActorKind } from './actor.ts'
import { type Address, address, formatAddress } from './address.ts'
import type { Asks } from './asks.ts'
import { Cell } from './cell.ts'
import { CellContext, type ContextServices } from './cell-context.ts'
import type { DeadReason } from './dead-letters.ts'
import type { DiskQueue } from './disk-queue.ts'
import type { Host } from './host.ts'
import type { Asker } from './inbound.ts'
import type { ShardLimits } from './limits.ts'
import type { Letter } from './mailbox.ts'
import type { Placements } from './placement.ts'
import type { Timers } from './timers.ts'

export interface ResidentsParts {
  readonly host: Host
  readonly kinds: readonly ActorKind[]
  readonly placements: Placements
  readonly limits: ShardLimits
  readonly services: ContextServices
  readonly timers: Timers<Cell>
  readonly asks: Asks<Asker>
  readonly disk: DiskQueue
  /** Lives of this run of the shard count on from here. */
  readonly firstLife: number
  ready(cell: Cell): void
  bury(to: Address, letter: Letter, reason: DeadReason): void
}

/** Those who begin again together. */
interface Restart {
  readonly at: number
  readonly cells: Cell[]
}

export class Residents {
  readonly #parts: ResidentsParts
  readonly #makers: ReadonlyMap<string, ActorKind>
  /** By kind, then key, in the order in which they were started. */
  readonly #cells = new Map<string, Map<string, Cell>>()
  #restarts: Restart[] = []
  /** Stopped, but with writes on their way. */
  #leaving: Cell[] = []
  #life: number

  constructor(parts: ResidentsParts) {
    this.#parts = parts
    this.#makers = new Map(parts.kinds.map((kind) => [kind.kind, kind]))
    this.#life = parts.firstLife
  }

  find(kind: string, key: string): Cell | undefined {
    return this.#cells.get(kind)?.get(key)
  }

  /** In the order of the tree, and of starting within a kind. */
  *all(): Generator<Cell> {
    for (const cells of this.#cells.values()) yield* cells.values()
  }

  /** All that the tree places on this shard. */
  startChildren(): void {
    const { host, placements } = this.#parts
    for (const { spec, key } of placements.childrenOf(host.shard, host.workers)) {
      this.start(spec.kind, key)
    }
  }

  /** Does nothing if it is here already; one that is stopping begins again when it has. */
  start(kind: string, key: string): void {
    const { host, placements, limits } = this.#parts
    const here = this.find(kind, key)
    if (here !== undefined) {
      this.#startAgain(here)
      return
    }
    const at = address(host.node, kind, key)
    const shard = placements.shardOf(at, host.workers)
    assert(shard === host.shard, `${formatAddress(at)} lives on shard ${shard}`)
    const maker = must(this.#makers.get(kind), `there is no actor kind ${kind}`)
    const cell = new Cell(at, placements.spec(kind), maker, limits.lanes)
    const cells = this.#cells.get(kind) ?? new Map<string, Cell>()
    this.#cells.set(kind, cells.set(key, cell))
    this.#begin(cell)
  }

  /** Takes nothing more; stops when its mailbox is empty. */
  stop(kind: string, key: string): void {
    const cell = this.find(kind, key)
    if (cell !== undefined) cell.again = false
    if (cell === undefined || cell.state === 'stopping' || cell.state === 'stopped') return
    if (cell.state === 'running') {
      cell.state = 'stopping'
      this.#parts.ready(cell)
    } else {
      this.finish(cell)
    }
  }

  /** Ends a stopping actor whose mailbox is empty, or any at the shard's end. */
  finish(cell: Cell): void {
    if (cell.state === 'stopped') return
    this.#endLife(cell)
    this.#clear(cell, 'stopped')
    cell.state = 'stopped'
    this.#restarts = this.#restarts.filter((restart) => !restart.cells.includes(cell))
    // Its last writes may still be on their way: until then a successor under its name must wait.
    this.#leaving.push(cell)
    this.#removeLanded()
    this.#parts.host.report({ type: 'stopped', at: cell.at, life: cell.life })
    if (cell.again) this.start(cell.at.kind, cell.at.key)
  }

  /** The actor threw: its life is over, and with it those of the kinds it takes along. */
  fallen(cell: Cell, reason: string): void {
    const { host } = this.#parts
    const nowMs = host.clock.monotonicMs()
    cell.counters.throws++
    cell.failure = reason
    const wasStopping = cell.state === 'stopping'
    this.#endLife(cell)
    if (wasStopping) {
      this.finish(cell)
      return
    }
    const delay = cell.restarts.next(nowMs)
    if (delay === 'failed') {
      this.#fail(cell, reason)
      return
    }
    const { placements } = this.#parts
    const cells = [cell, ...this.#takenAlong(cell)].sort(
      (a, b) => placements.order(a.at.kind) - placements.order(b.at.kind),
    )
    for (const other of cells) {
      if (other !== cell) this.#forgetMail(other, cell.at)
      this.#endLife(other)
      other.state = 'restarting'
      host.report({ type: 'restarting', at: other.at, life: other.life, reason })
    }
    this.#restarts = this.#restarts
      .map((restart) => ({ ...restart, cells: restart.cells.filter((it) => !cells.includes(it)) }))
      .filter((restart) => restart.cells.length > 0)
    this.#restarts.push({ at: nowMs + delay, cells })
  }

  /** Begins the lives whose time has come; those that wait for the disk alone make lazy writes go. */
  beginDue(nowMs: number): void {
    if (this.#leaving.length > 0) this.#removeLanded()
    if (this.#restarts.length === 0) return
    const { disk } = this.#parts
    const waiting: Restart[] = []
    const due: Cell[] = []
    for (const restart of this.#restarts) {
      const landed = restart.cells.every((cell) => disk.hasLanded(cell.lastWrite))
      if (!landed) disk.flush()
      if (landed && nowMs >= restart.at) due.push(...restart.cells)
      else waiting.push(restart)
    }
    this.#restarts = waiting
    for (const cell of due) this.#begin(cell)
  }

  /** When the next delay is over; one that is over but waits for the disk is woken by the landing. */
  nextAt(nowMs: number): number | undefined {
    let next: number | undefined
    for (const { at } of this.#restarts)
      if (at > nowMs && at < (next ?? Number.POSITIVE_INFINITY)) next = at
    return next
  }

  #startAgain(cell: Cell): void {
    cell.again = cell.state === 'stopping'
    if (cell.state !== 'stopped') return
    cell.state = 'restarting'
    this.#leaving = this.#leaving.filter((it) => it !== cell)
    this.#restarts.push({ at: 0, cells: [cell] })
    // Its last writes may be lazy, and nobody else may have anything to do.
    this.#parts.disk.flush()
    this.#parts.host.wake()
  }

  #begin(cell: Cell): void {
    const { host, services } = this.#parts
    cell.life = ++this.#life
    cell.state = 'running'
    cell.actor = cell.maker.create(cell.at)
    cell.context = new CellContext(cell.at, cell.life, services)
    // Before whatever waited in the mailbox through the restart.
    cell.mailbox.reserveFirst({ type: 'start' })
    this.#parts.ready(cell)
    host.report({ type: 'started', at: cell.at, life: cell.life })
  }

  #endLife(cell: Cell): void {
    this.#parts.timers.cancelAll(cell)
    this.#parts.asks.forget(cell)
    cell.openAsks = 0
    cell.actor = undefined
    cell.context = undefined
    // Completions, timers and answers belong to the life that is over; messages wait for the next.
    cell.mailbox.remove((letter) => letter.input.type === 'message')
    cell.missed.clear()
  }

  /** What the fallen life sent to those it takes along was made by a state that is gone. */
  #forgetMail(cell: Cell, sender: Address): void {
    const stale = cell.mailbox.remove(
      ({ input }) =>
        input.type !== 'message' ||
        input.from.kind !== sender.kind ||
        input.from.key !== sender.key ||
        input.from.node !== sender.node,
    )
    for (const letter of stale) this.#parts.bury(cell.at, letter, 'older-life')
  }

  #takenAlong(cell: Cell): Cell[] {
    return (cell.spec.takesAlong ?? [])
      .map((kind) => this.find(kind, cell.at.key))
      .filter((it) => it !== undefined && (it.state === 'running' || it.state === 'restarting'))
      .map((it) => must(it, 'filtered'))
  }

  #fail(cell: Cell, reason: string): void {
    cell.state = 'failed'
    this.#clear(cell, 'failed')
    this.#parts.host.report({ type: 'failed', at: cell.at, life: cell.life, reason })
    for (const other of this.all()) {
      const takes = other.spec.takesAlong?.includes(cell.at.kind) && other.at.key === cell.at.key
      if (!takes || other.state !== 'running') continue
      other.mailbox.reserve({ type: 'failed', kind: cell.at.kind })
      this.#parts.ready(other)
    }
  }

  #clear(cell: Cell, reason: DeadReason): void {
    for (const letter of cell.mailbox.remove(() => false)) {
      this.#parts.bury(cell.at, letter, reason)
    }
  }

  #removeLanded(): void {
    const { disk } = this.#parts
    this.#leaving = this.#leaving.filter((cell) => {
      if (!disk.hasLanded(cell.lastWrite)) return true
      this.#cells.get(cell.at.kind)?.delete(cell.at.key)
      return false
    })
  }
}
