/**
 * The actor that gives timestamps. Beside the leader of group `system` it collects what is asked in a turn
 * and answers once `group.confirm`, asked after the last of them came in, has confirmed the term of its
 * window: so a timestamp is greater than every one that anybody had before it was asked for. Elsewhere it
 * hands what it collected on to the leader's oracle as one question.
 *
 * A timestamp that nobody gets is no loss: what fails is asked again, until the question's time is over.
 */

import { MAX_STAMPS, Oracle } from '../../core/oracle/oracle.ts'
import { type Timestamp, timestamp } from '../../core/region/types.ts'
import type { Actor, ActorKind, AskOutcome, Context, Input, Question } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type { GroupLeadership } from '../../wire/messages/group.ts'
import type { OracleStamps, OracleStampsAre } from '../../wire/messages/oracle.ts'
import { type OracleOptions, TIMESTAMP_ORACLE } from '../flare-options.ts'
import type { TreeOptions } from '../options.ts'
import { refuse } from '../refuse.ts'
import { CONFIRM_TAG, Confirm, type Confirmation } from '../system/confirm.ts'
import { Reach } from '../system/reach.ts'
import { inBatches, total, type Waiter } from './waiters.ts'
import { WINDOW_TAG, Window } from './window.ts'

const HAND_ON_TAG = 'hand-on:'
const AGAIN_MS = 50
/** A confirmation or an answer from the leader that takes longer is asked for again. */
const ASK_MS = 1000

export function timestampOracleKind(options: TreeOptions, oracle: OracleOptions): ActorKind {
  return {
    kind: TIMESTAMP_ORACLE,
    create: (at) => new TimestampOracle(at, options, oracle),
  }
}

/** A batch that was handed on. */
interface HandedOn {
  readonly waiters: readonly Waiter[]
  /** So many times in vain before. */
  readonly attempt: number
}

class TimestampOracle implements Actor {
  readonly #options: TreeOptions
  readonly #group: Address
  readonly #oracle: Oracle
  readonly #window: Window
  readonly #reach: Reach
  /** The term in which this node leads; its window may not be there yet. */
  #term: number | undefined
  #waiting: Waiter[] = []
  /** Confirmed in the present term, waiting for the window. */
  #entitled: Waiter[] = []
  readonly #handedOn = new Map<string, HandedOn>()
  readonly #confirm: Confirm<Waiter>
  #flushing = false
  #timing = false
  #number = 0

  constructor(self: Address, options: TreeOptions, oracle: OracleOptions) {
    this.#options = options
    this.#group = address(self.node, 'raft-group', self.key)
    this.#oracle = new Oracle(oracle.windowMs)
    this.#window = new Window(self, this.#oracle, options.limits.requestTimeoutMs)
    this.#reach = new Reach(options)
    this.#confirm = new Confirm(this.#group, ASK_MS)
  }

  receive(input: Input, context: Context): void {
    switch (input.type) {
      case 'start':
      case 'missed':
        context.sendNow(this.#group, { kind: 'group.heed' })
        return
      case 'message':
        this.#message(input.message, input.from, input.question, context)
        return
      case 'answer':
        this.#answered(input.tag, input.outcome, context)
        return
      case 'timer':
        this.#timing = false
        this.#expire(context)
        this.#flush(context)
        return
      default:
        return
    }
  }

  inspect(): object {
    return { term: this.#oracle.term, leader: this.#reach.leader, waiting: this.#waiting.length }
  }

  #message(
    message: Message,
    from: Address,
    question: Question | undefined,
    context: Context,
  ): void {
    if (message.kind === 'group.leadership') this.#told(message as GroupLeadership, context)
    else if (message.kind === 'oracle.flush') this.#flush(context)
    else if (question !== undefined) this.#take(message as OracleStamps, from, question, context)
  }

  #told({ leads, term, leader }: GroupLeadership, context: Context): void {
    this.#reach.told(leader)
    const leading = leads ? term : undefined
    if (leading !== this.#term) {
      this.#term = leading
      this.#waiting = [...this.#entitled, ...this.#waiting]
      this.#entitled = []
      this.#window.resign()
      if (leading !== undefined) this.#window.takeOver(leading, context)
    }
    this.#flush(context)
  }

  #take({ count }: OracleStamps, from: Address, question: Question, context: Context): void {
    const { limits } = this.#options
    const handedOn = from.kind === TIMESTAMP_ORACLE
    if (handedOn && this.#term === undefined) {
      refuse(question, 'no-leader', context)
    } else if (this.#open >= limits.maxWaiting) {
      refuse(question, 'overloaded', context)
    } else {
      const deadlineMs = context.nowMs + limits.requestTimeoutMs
      const wanted = Math.min(Math.max(1, count), MAX_STAMPS)
      this.#waiting.push({ question, count: wanted, deadlineMs })
      this.#flushSoon(context)
    }
  }

  get #open(): number {
    return this.#waiting.length + this.#confirm.waiting + this.#entitled.length
  }

  /** Behind all that is queued already: one batch for a turn's questions. */
  #flushSoon(context: Context): void {
    if (this.#flushing) return
    this.#flushing = true
    context.sendNow(context.self, { kind: 'oracle.flush' })
  }

  #flush(context: Context): void {
    this.#flushing = false
    if (this.#waiting.length === 0) return
    this.#time(context)
    if (this.#term !== undefined) this.#confirm.take(this.#takeWaiting(), context)
    else for (const waiters of inBatches(this.#takeWaiting())) this.#handOn(waiters, 0, context)
  }

  #handOn(waiters: readonly Waiter[], attempt: number, context: Context): void {
    const node = this.#reach.whom(attempt)
    if (node === undefined) {
      this.#waiting.push(...waiters)
      return
    }
    this.#number += 1
    const tag = `${HAND_ON_TAG}${this.#number}`
    this.#handedOn.set(tag, { waiters, attempt })
    const ask: OracleStamps = { kind: 'oracle.stamps', count: total(waiters) }
    const to = address(node, TIMESTAMP_ORACLE, context.self.key)
    context.ask(to, ask, { tag, timeoutMs: ASK_MS, now: true })
  }

  #answered(tag: string, outcome: AskOutcome, context: Context): void {
    if (tag.startsWith(WINDOW_TAG)) {
      this.#window.answered(tag, outcome, context)
      this.#serve(context)
      return
    }
    if (tag.startsWith(CONFIRM_TAG)) {
      this.#confirmed(this.#confirm.answered(tag, outcome, context), context)
      return
    }
    const asked = this.#handedOn.get(tag)
    this.#handedOn.delete(tag)
    if (asked !== undefined) this.#handedBack(asked, outcome, context)
  }

  #confirmed(confirmation: Confirmation<Waiter> | undefined, context: Context): void {
    if (confirmation === undefined) return
    const { items, term } = confirmation
    if (term !== undefined && term === this.#term) this.#entitled.push(...items)
    else this.#waiting.unshift(...items)
    this.#serve(context)
    if (this.#waiting.length > 0) this.#time(context)
  }

  #serve(context: Context): void {
    while (this.#oracle.term !== undefined && this.#oracle.term === this.#term) {
      const next = this.#entitled[0]
      const first = next && this.#oracle.take(next.count, context.wallMs)
      if (next === undefined || first === undefined) break
      this.#entitled.shift()
      context.meter.count('plasma_tso_timestamps_total', next.count)
      give(next, first, context)
    }
    this.#window.extend(context)
  }

  #handedBack({ waiters, attempt }: HandedOn, outcome: AskOutcome, context: Context): void {
    if (outcome.ok && outcome.message.kind === 'oracle.stamps-are') {
      this.#reach.reached(outcome.from.node)
      let { first } = outcome.message as OracleStampsAre
      for (const waiter of waiters) {
        give(waiter, first, context)
        first = timestamp(first + BigInt(waiter.count))
      }
    } else if (this.#reach.whom(attempt + 1) !== undefined && this.#term === undefined) {
      this.#handOn(waiters, attempt + 1, context)
    } else {
      this.#waiting.push(...waiters)
      this.#time(context)
    }
  }

  #takeWaiting(): readonly Waiter[] {
    const taken = this.#waiting
    this.#waiting = []
    return taken
  }

  /** Asks again soon for what waits, and refuses it in the end. */
  #time(context: Context): void {
    if (this.#timing) return
    this.#timing = true
    context.setTimer('again', AGAIN_MS)
  }

  #expire(context: Context): void {
    const alive = ({ deadlineMs, question }: Waiter): boolean => {
      if (deadlineMs > context.nowMs) return true
      refuse(question, 'no-leader', context)
      return false
    }
    this.#waiting = this.#waiting.filter(alive)
    this.#entitled = this.#entitled.filter(alive)
    if (this.#waiting.length + this.#entitled.length > 0) this.#time(context)
  }
}

function give({ question, count }: Waiter, first: Timestamp, context: Context): void {
  const are: OracleStampsAre = { kind: 'oracle.stamps-are', first, count }
  context.answerNow(question, are)
}
