/**
 * The placement driver. The actor beside the leader of group `system` drives: it takes over what lies on
 * disk, hears stores and regions, answers, places. The others hand on what they are asked. When anything of
 * its writing fails it begins anew from the disk, as a driver that has just come to lead.
 */

import type { Actor, ActorKind, AskOutcome, Context, Input, Question } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type { GroupLeadership } from '../../wire/messages/group.ts'
import { type FlareOptions, PLACEMENT_DRIVER } from '../flare-options.ts'
import type { TreeOptions } from '../options.ts'
import { Reach } from '../system/reach.ts'
import { Driving } from './driving.ts'
import { HAND_ON_TAG, HandOn } from './hand-on.ts'
import { Ledger } from './ledger.ts'
import { refuse } from './refuse.ts'
import { Rooms } from './rooms.ts'
import { TAKEOVER_TAG, Takeover } from './takeover.ts'

const TICK_MS = 1000
const STEP_MS = 200
const AGAIN_MS = 200

export function placementDriverKind(options: TreeOptions, flare: FlareOptions): ActorKind {
  return { kind: PLACEMENT_DRIVER, create: (at) => new PlacementDriver(at, options, flare) }
}

class PlacementDriver implements Actor {
  readonly #self: Address
  readonly #options: TreeOptions
  readonly #flare: FlareOptions
  readonly #reach: Reach
  readonly #handOn: HandOn
  /** In which this node leads. */
  #term: number | undefined
  #takeover: Takeover | undefined
  #rooms: Rooms | undefined

  constructor(self: Address, options: TreeOptions, flare: FlareOptions) {
    this.#self = self
    this.#options = options
    this.#flare = flare
    this.#reach = new Reach(options)
    this.#handOn = new HandOn(this.#reach, options.limits.requestTimeoutMs)
  }

  receive(input: Input, context: Context): void {
    switch (input.type) {
      case 'start':
      case 'missed':
        context.sendNow(address(this.#self.node, 'raft-group', this.#self.key), {
          kind: 'group.heed',
        })
        return
      case 'message':
        this.#message(input.message, input.from, input.question, context)
        break
      case 'answer':
        this.#answered(input.tag, input.outcome, context)
        break
      case 'timer':
        if (input.name === 'again') this.#takeOver(context)
        else if (input.name === 'step') this.#step(context)
        else this.#tick(context)
        break
      default:
        return
    }
    this.#rooms?.write(context)
  }

  inspect(): object {
    return { term: this.#term, leader: this.#reach.leader, ...this.#rooms?.inspect() }
  }

  #message(
    message: Message,
    from: Address,
    question: Question | undefined,
    context: Context,
  ): void {
    if (message.kind === 'group.leadership') this.#told(message as GroupLeadership, context)
    else if (question === undefined) return
    else if (this.#rooms !== undefined) this.#rooms.take(message, from.node, question, context)
    else if (this.#term === undefined && from.kind !== PLACEMENT_DRIVER) {
      this.#handOn.take(message, question, context)
    } else {
      const { leader } = this.#reach
      const text =
        this.#term === undefined ? 'another node drives' : 'the driver takes over: ask again'
      refuse(question, 'no-leader', text, context, leader)
    }
  }

  #told({ leads, term, leader }: GroupLeadership, context: Context): void {
    this.#reach.told(leader)
    const leading = leads ? term : undefined
    if (leading === this.#term) return
    this.#term = leading
    this.#standDown(context)
    this.#takeOver(context)
  }

  #takeOver(context: Context): void {
    if (this.#term === undefined || this.#rooms !== undefined) return
    const { requestTimeoutMs } = this.#options.limits
    this.#takeover = new Takeover(this.#self, this.#term, requestTimeoutMs)
    this.#takeover.begin(context)
  }

  #standDown(context: Context): void {
    this.#takeover = undefined
    this.#rooms?.abandon(context)
    this.#rooms = undefined
    context.cancelTimer('tick')
    context.cancelTimer('step')
    context.cancelTimer('again')
  }

  #answered(tag: string, outcome: AskOutcome, context: Context): void {
    if (tag.startsWith(HAND_ON_TAG)) this.#handOn.answered(tag, outcome, context)
    else if (tag.startsWith(TAKEOVER_TAG)) this.#takenOver(tag, outcome, context)
    else if (this.#rooms?.answered(tag, outcome, context) === 'lost') {
      context.log.warn({ term: this.#term }, 'a write of the driver failed: it begins anew')
      this.#standDown(context)
      context.setTimer('again', AGAIN_MS)
    }
  }

  #takenOver(tag: string, outcome: AskOutcome, context: Context): void {
    const takeover = this.#takeover
    if (takeover?.tag !== tag) return
    const taken = takeover.answered(outcome, context)
    if (taken === undefined) return
    this.#takeover = undefined
    if (taken === 'again') context.setTimer('again', AGAIN_MS)
    else if (taken !== 'over') {
      const { term } = takeover
      const ledger = new Ledger(this.#self, term, this.#options.limits.requestTimeoutMs)
      const { placement } = this.#flare
      const driving = new Driving(term, taken.picture, ledger, placement, context.nowMs)
      this.#rooms = new Rooms(this.#self, driving, this.#options)
      context.mark('driver.took-over')
      this.#tick(context)
    }
  }

  #step(context: Context): void {
    if (!this.#rooms?.moving) return
    context.setTimer('step', STEP_MS)
    this.#rooms.step(context)
  }

  #tick(context: Context): void {
    if (this.#rooms === undefined) return
    context.setTimer('tick', TICK_MS)
    this.#rooms.tick(context)
    if (this.#rooms.moving) context.setTimer('step', STEP_MS)
  }
}
