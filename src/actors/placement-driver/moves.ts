/**
 * Moves under way, step by step: the region's leader is asked how the region stands, and the next step is
 * ordered. Only what is on disk is carried out. Nothing is remembered that the region does not show.
 */

import { hopeless } from '../../core/placement/move.ts'
import type { MoveRecord } from '../../core/placement/records.ts'
import { takeReport } from '../../core/placement/reports.ts'
import { nextStep, type Standing } from '../../core/placement/step.ts'
import type { View } from '../../core/placement/view.ts'
import type { RegionId } from '../../core/region/types.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import type { RegionStatusIs } from '../../wire/messages/region.ts'
import type { Driving } from './driving.ts'
import type { Leaders } from './leaders.ts'

/** Entries that a follower may lack and still count as caught up. */
const NEAR = 100

export class Moves {
  readonly #driving: Driving
  readonly #leaders: Leaders
  /** Regions whose leader is being asked or ordered. */
  readonly #busy = new Set<RegionId>()

  constructor(driving: Driving, leaders: Leaders) {
    this.#driving = driving
    this.#leaders = leaders
  }

  /** A step of every move that is on disk by now. */
  drive(view: View, context: Context): void {
    for (const move of this.#driving.picture.moves.values()) {
      const seen = this.#driving.picture.regions.get(move.region)
      const why = hopeless(move, seen, view, context.wallMs)
      if (why !== undefined) this.#giveUp(move, why, context)
      else if (!this.#busy.has(move.region)) this.#whenWritten(move.region, context)
    }
  }

  #giveUp({ region, rule, reason }: MoveRecord, why: string, context: Context): void {
    context.log.warn({ region, rule, reason, why }, 'a move is given up')
    this.#driving.picture.put({ of: 'move', id: region, now: undefined })
  }

  #whenWritten(region: RegionId, context: Context): void {
    this.#busy.add(region)
    this.#driving.whenWritten((landed, later) => {
      if (!landed || !this.#ask(region, later)) this.#busy.delete(region)
    }, context)
  }

  #ask(region: RegionId, context: Context): boolean {
    const seen = this.#driving.picture.regions.get(region)
    if (seen === undefined) return false
    return this.#leaders.status(seen, context, (outcome, later) => {
      if (!this.#stands(region, outcome, later)) this.#busy.delete(region)
    })
  }

  /** False: there is nothing to order now. */
  #stands(region: RegionId, outcome: AskOutcome, context: Context): boolean {
    const { picture } = this.#driving
    const move = picture.moves.get(region)
    if (move === undefined || !outcome.ok || outcome.message.kind !== 'region.status-is')
      return false
    const status = outcome.message as RegionStatusIs
    const leader = outcome.from.node
    if (status.role !== 'leader') return false
    this.#hear(status, leader, context)
    const next = nextStep(move, standingOf(status, leader))
    if (next.step === 'wait') return false
    if (next.step === 'done') {
      picture.put({ of: 'move', id: region, now: undefined })
      context.mark('driver.moved')
      return false
    }
    const { epoch } = status.descriptor
    this.#leaders.order({ leader, id: region, epoch }, next.order, context, (refusal, later) => {
      this.#busy.delete(region)
      if (refusal === undefined) return
      later.log.info({ region, order: next.order.order, refusal }, 'a region refuses an order')
    })
    return true
  }

  /** What the leader says here counts like a report. */
  #hear(status: RegionStatusIs, leader: Standing['leader'], context: Context): void {
    const { picture } = this.#driving
    const { descriptor, term, bytes, keys } = status
    const { writes = 0, reads = 0 } = picture.regions.get(descriptor.id) ?? {}
    takeReport(picture, leader, { descriptor, term, bytes, keys, writes, reads }, context.nowMs)
  }
}

function standingOf(status: RegionStatusIs, leader: Standing['leader']): Standing {
  const { descriptor, joint, followers, lastIndex } = status
  const caughtUp = followers
    .filter(({ state, match, down }) => state === 'replicate' && !down && lastIndex - match <= NEAR)
    .map(({ peer }) => peer)
  return { descriptor, leader, joint, caughtUp }
}
