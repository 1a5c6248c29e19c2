/**
 * Goes round the regions and has done what the rules want: some regions a round, so that no turn grows long.
 * Moves are written down first; a transfer of the lead is only ordered, and forgotten if nothing comes of it.
 */

import { type Decision, decide } from '../../core/placement/decide.ts'
import { beginMove } from '../../core/placement/move.ts'
import type { RegionSeen } from '../../core/placement/regions.ts'
import type { View } from '../../core/placement/view.ts'
import type { RegionId } from '../../core/region/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { Driving } from './driving.ts'
import type { Leaders } from './leaders.ts'

/** So long after a transfer a region's lead is left where it is: reports lag behind. */
const TRANSFER_REST_MS = 5000
const TRANSFERS = 8

export class Patrol {
  readonly #driving: Driving
  readonly #leaders: Leaders
  /** Regions to look at in this round. */
  #round: RegionId[] = []
  readonly #transfers = new Map<RegionId, number>()

  constructor(driving: Driving, leaders: Leaders) {
    this.#driving = driving
    this.#leaders = leaders
  }

  walk(view: View, context: Context): void {
    for (const [region, untilMs] of this.#transfers) {
      if (untilMs <= context.nowMs) this.#transfers.delete(region)
    }
    for (let i = 0; i < this.#driving.limits.patrolRegions; i++) {
      const next = this.#next()
      if (next === undefined) return
      const decision = decide(next, view)
      if (decision !== undefined) this.#carryOut(next, decision, view, context)
    }
  }

  /** Undefined: this round is over. */
  #next(): RegionSeen | undefined {
    const { regions } = this.#driving.picture
    if (this.#round.length === 0) {
      this.#round = [...regions.all()].map(({ descriptor }) => descriptor.id).reverse()
    }
    for (;;) {
      const id = this.#round.pop()
      if (id === undefined) return undefined
      const seen = regions.get(id)
      if (seen !== undefined) return seen
    }
  }

  #carryOut(seen: RegionSeen, { rule, wish }: Decision, view: View, context: Context): void {
    const { ids } = this.#driving
    if (wish.want === 'move') {
      const move = beginMove(seen, rule, wish, view, ids, context.wallMs)
      const { region, reason, add, remove } = move
      context.meter.count(`plasma_placement_moves_total{rule="${rule}"}`)
      context.log.info({ region, rule, reason, to: add?.store, remove }, 'a move begins')
      return
    }
    const { descriptor, leader } = seen
    const { id, epoch, peers } = descriptor
    const heir = peers.find(({ peer }) => peer === wish.to)
    if (leader === undefined || heir === undefined) return
    if (this.#transfers.has(id) || this.#transfers.size >= TRANSFERS) return
    this.#transfers.set(id, context.nowMs + TRANSFER_REST_MS)
    view.transferred(leader, heir.store)
    const order = { order: 'transfer', to: wish.to } as const
    this.#leaders.order({ leader, id, epoch }, order, context, () => {})
  }
}
