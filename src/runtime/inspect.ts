/** A shard as plain data, for `status`, metrics, audits and the dashboard. */

import type { Cell, CellState } from './cell.ts'
import type { DeadLetter, DeadReason } from './dead-letters.ts'

export interface ActorPicture {
  readonly kind: string
  readonly key: string
  readonly state: CellState
  readonly life: number
  readonly restarts: number
  /** Why it last fell; empty if it never did. */
  readonly failure: string
  readonly inputs: number
  readonly busyUs: number
  readonly longestUs: number
  readonly depth: number
  readonly highWater: number
  readonly detail: object
}

export interface ShardPicture {
  readonly node: string
  readonly shard: number
  /** Where the lives of this run of the shard begin. */
  readonly firstLife: number
  readonly turns: number
  readonly inputs: number
  readonly batch: number
  readonly queuedBytes: number
  readonly held: number
  readonly openAsks: number
  readonly outsiders: number
  readonly actors: readonly ActorPicture[]
  readonly deadLetters: {
    readonly counts: Readonly<Partial<Record<DeadReason, number>>>
    readonly recent: readonly DeadLetter[]
  }
}

export function pictureOf(cell: Cell): ActorPicture {
  const { counters, mailbox } = cell
  return {
    kind: cell.at.kind,
    key: cell.at.key,
    state: cell.state,
    life: cell.life,
    restarts: cell.restarts.count,
    failure: cell.failure,
    inputs: counters.inputs,
    busyUs: counters.busyUs,
    longestUs: counters.longestUs,
    depth: mailbox.size,
    highWater: counters.highWater,
    detail: cell.actor?.inspect?.() ?? {},
  }
}

/** The actors with the most waiting, deepest first. */
export function deepest(picture: ShardPicture, count: number): readonly ActorPicture[] {
  return picture.actors.toSorted((a, b) => b.depth - a.depth).slice(0, count)
}
