/** What operators have done with a region: splits and transfers are ordered at once, moves written down like the rules' own. */

import { explain } from '../../core/placement/decide.ts'
import { beginMove, type MoveWish } from '../../core/placement/move.ts'
import type { RegionSeen } from '../../core/placement/regions.ts'
import { splitIds } from '../../core/placement/split-ids.ts'
import type { RegionAction } from '../../core/placement/types.ts'
import type { RegionOrder, RegionPeer } from '../../core/region/types.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import type { DriverExplain, DriverExplained, DriverRegionDo } from '../../wire/messages/driver.ts'
import type { Driving } from './driving.ts'
import type { Leaders } from './leaders.ts'
import { refuse } from './refuse.ts'
import { viewRegion } from './views.ts'

const BY_HAND = 'operator'

type Of<A extends RegionAction['action']> = Extract<RegionAction, { readonly action: A }>

export class Operator {
  readonly #driving: Driving
  readonly #leaders: Leaders

  constructor(driving: Driving, leaders: Leaders) {
    this.#driving = driving
    this.#leaders = leaders
  }

  explain({ region }: DriverExplain, question: Question, context: Context): void {
    const seen = this.#find(region, question, context)
    if (seen === undefined) return
    const { picture } = this.#driving
    const explained: DriverExplained = {
      kind: 'driver.explained',
      region: viewRegion(picture, seen, context.nowMs),
      verdicts: explain(seen, this.#driving.view(context)),
    }
    this.#driving.answer(question, explained, context)
  }

  take({ region, action }: DriverRegionDo, question: Question, context: Context): void {
    const seen = this.#find(region, question, context)
    if (seen === undefined) return
    switch (action.action) {
      case 'split':
        this.#split(seen, action, question, context)
        return
      case 'transfer':
        this.#transfer(seen, action, question, context)
        return
      default:
        this.#move(seen, action, question, context)
    }
  }

  #find(region: DriverExplain['region'], question: Question, context: Context) {
    const seen = this.#driving.picture.regions.get(region)
    if (seen === undefined) refuse(question, 'not-found', `there is no region ${region}`, context)
    return seen
  }

  #split(seen: RegionSeen, { keys }: Of<'split'>, question: Question, context: Context): void {
    const parts = keys.length === 0 ? 2 : keys.length + 1
    const children = splitIds(this.#driving.ids, seen.descriptor, parts)
    this.#driving.whenWritten((landed, later) => {
      if (landed) this.#order(seen, { order: 'split', keys, children }, question, later)
      else refuse(question, 'no-leader', 'this node may not drive any more: ask again', later)
    }, context)
  }

  #transfer(seen: RegionSeen, { to }: Of<'transfer'>, question: Question, context: Context): void {
    const heir = peerOn(seen, to)
    if (heir?.role === 'voter')
      this.#order(seen, { order: 'transfer', to: heir.peer }, question, context)
    else {
      const where = votersOf(seen)
        .map(({ store }) => store)
        .join(', ')
      refuse(question, 'invalid', `no voter lies on ${to}: choose one of ${where}`, context)
    }
  }

  #move(
    seen: RegionSeen,
    action: Of<'move'> | Of<'add'> | Of<'remove'>,
    question: Question,
    context: Context,
  ): void {
    const { picture, ids } = this.#driving
    const under = picture.moves.get(seen.descriptor.id)
    if (under !== undefined) {
      const text = `it is being moved already: ${under.rule}, ${under.reason}`
      refuse(question, 'busy', text, context)
      return
    }
    const wish = this.#wish(seen, action, context)
    if (typeof wish === 'string') {
      refuse(question, 'invalid', wish, context)
      return
    }
    beginMove(seen, BY_HAND, wish, this.#driving.view(context), ids, context.wallMs)
    this.#driving.answer(question, { kind: 'driver.done' }, context)
  }

  /** A text: why it cannot be, and what could. */
  #wish(
    seen: RegionSeen,
    action: Of<'move'> | Of<'add'> | Of<'remove'>,
    context: Context,
  ): MoveWish | string {
    const from = action.action === 'add' ? undefined : peerOn(seen, action.from)
    if (action.action !== 'add' && from === undefined) return `no replica lies on ${action.from}`
    if (action.action === 'remove') {
      if (votersOf(seen).length === 1)
        return 'its last replica cannot go: drop the namespace instead'
      return { to: undefined, remove: from?.peer, reason: `away from ${action.from}, by hand` }
    }
    const takers = this.#driving.view(context).takers(seen.descriptor)
    const to = takers.find(({ name }) => name === action.to)
    if (to !== undefined) return { to, remove: from?.peer, reason: `to ${action.to}, by hand` }
    const names = takers.map(({ name }) => name).join(', ')
    return `${action.to} cannot take it; ${names === '' ? 'no store can' : `one of ${names} can`}`
  }

  #order(seen: RegionSeen, order: RegionOrder, question: Question, context: Context): void {
    const { id, epoch } = seen.descriptor
    this.#leaders.order({ leader: seen.leader, id, epoch }, order, context, (refusal, later) => {
      if (refusal === undefined) later.answer(question, { kind: 'driver.done' })
      else refuse(question, 'busy', refusal, later)
    })
  }
}

const votersOf = ({ descriptor }: RegionSeen): readonly RegionPeer[] =>
  descriptor.peers.filter(({ role }) => role === 'voter')

const peerOn = ({ descriptor }: RegionSeen, store: string): RegionPeer | undefined =>
  descriptor.peers.find((peer) => peer.store === store)
