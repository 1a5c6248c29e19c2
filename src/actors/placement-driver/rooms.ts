/** A driver that leads: its rooms, and which of them is meant. */

import type { NodeName } from '../../base/ids.ts'
import type { AskOutcome, Context, Question } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type { DriverBeat } from '../../wire/messages/driver.ts'
import type { TreeOptions } from '../options.ts'
import { CONFIRM_TAG, Confirm } from '../system/confirm.ts'
import { Beats } from './beats.ts'
import { Desk } from './desk.ts'
import type { Driving } from './driving.ts'
import { FOUNDING_TAG, Foundings } from './foundings.ts'
import { Leaders } from './leaders.ts'
import { LEDGER_TAG } from './ledger.ts'
import { Moves } from './moves.ts'
import { Namespaces } from './namespaces.ts'
import { Operator } from './operator.ts'
import { Patrol } from './patrol.ts'
import { refuse } from './refuse.ts'
import { CLOCK_TAG, SafePoints } from './safe-points.ts'

/** Asked of whatever driver: a wrong answer does no harm, for stores and regions know better. */
const UNCONFIRMED = new Set(['driver.beat', 'driver.routes'])

interface Asked {
  readonly message: Message
  readonly question: Question
}

export class Rooms {
  readonly #driving: Driving
  readonly #beats: Beats
  readonly #foundings: Foundings
  readonly #safePoints: SafePoints
  readonly #leaders: Leaders
  readonly #moves: Moves
  readonly #patrol: Patrol
  readonly #desk: Desk
  readonly #confirm: Confirm<Asked>

  constructor(self: Address, driving: Driving, { limits }: TreeOptions) {
    this.#driving = driving
    const safePoints = new SafePoints(self, driving)
    const beats = new Beats(driving, safePoints)
    const foundings = new Foundings(driving)
    this.#leaders = new Leaders(driving)
    const operator = new Operator(driving, this.#leaders)
    this.#safePoints = safePoints
    this.#beats = beats
    this.#foundings = foundings
    this.#moves = new Moves(driving, this.#leaders)
    this.#patrol = new Patrol(driving, this.#leaders)
    const namespaces = new Namespaces(driving, beats, foundings)
    this.#desk = new Desk(driving, { namespaces, operator, safePoints })
    const group = address(self.node, 'raft-group', self.key)
    this.#confirm = new Confirm(group, limits.requestTimeoutMs)
  }

  take(message: Message, from: NodeName, question: Question, context: Context): void {
    if (message.kind === 'driver.beat') {
      this.#beats.take(message as DriverBeat, from, question, context)
    } else if (UNCONFIRMED.has(message.kind)) this.#desk.take(message, question, context)
    else this.#confirm.take([{ message, question }], context)
  }

  /** `lost`: the driver has to begin anew. */
  answered(tag: string, outcome: AskOutcome, context: Context): 'lost' | undefined {
    if (tag.startsWith(LEDGER_TAG)) {
      return this.#driving.ledger.answered(tag, outcome, context) === 'written' ? undefined : 'lost'
    }
    if (tag.startsWith(Leaders.TAG)) this.#leaders.answered(tag, outcome, context)
    else if (tag.startsWith(CLOCK_TAG)) this.#safePoints.answered(outcome, context)
    else if (tag.startsWith(FOUNDING_TAG)) this.#foundings.answered(tag, outcome, context)
    else if (tag.startsWith(CONFIRM_TAG)) this.#confirmed(tag, outcome, context)
    return undefined
  }

  tick(context: Context): void {
    const view = this.#driving.view(context)
    this.#foundings.tell(context)
    this.#patrol.walk(view, context)
    this.#moves.drive(view, context)
    this.#safePoints.tick(context)
    const { stores, regions, moves } = this.#driving.picture
    show({ stores: stores.size, regions: regions.size, moves: moves.size }, context)
  }

  get moving(): boolean {
    return this.#driving.picture.moves.size > 0
  }

  /** Moves go on quicker than decisions. */
  step(context: Context): void {
    this.#moves.drive(this.#driving.view(context), context)
  }

  write(context: Context): void {
    this.#driving.write(context)
  }

  abandon(context: Context): void {
    show({ stores: 0, regions: 0, moves: 0 }, context)
    this.#driving.ledger.abandon(context)
    this.#safePoints.abandon(context)
    for (const { question } of this.#confirm.giveUp()) notDriving(question, context)
  }

  inspect(): object {
    const { picture } = this.#driving
    return {
      stores: picture.stores.size,
      namespaces: picture.namespaces.size,
      regions: picture.regions.size,
      moves: picture.moves.size,
    }
  }

  #confirmed(tag: string, outcome: AskOutcome, context: Context): void {
    const confirmation = this.#confirm.answered(tag, outcome, context)
    const sure = confirmation?.term === this.#driving.term
    for (const { message, question } of confirmation?.items ?? []) {
      if (sure) this.#desk.take(message, question, context)
      else notDriving(question, context)
    }
  }
}

function show(sizes: Readonly<Record<string, number>>, { meter }: Context): void {
  for (const [what, size] of Object.entries(sizes)) meter.gauge(`plasma_placement_${what}`, size)
}

const notDriving = (question: Question, context: Context): void =>
  refuse(question, 'no-leader', 'this node may not drive any more: ask again', context)
