/**
 * The questions an expirer has open. Those of the leader's wait for the next confirmation of its term
 * that was asked for after they came; handed-on ones for the leader's expirer; keep-alives perhaps for
 * a revoke that is under way.
 */

import type { LeaseClock, LeaseEffect } from '../../core/lease/clock.ts'
import type { AskOutcome, Context, Question } from '../../runtime/actor.ts'
import type { Address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type { GroupConfirmed, RefusalReason, RevisionHeader } from '../../wire/messages/group.ts'
import type {
  LeaseKeepAlive,
  LeaseKeysAre,
  LeaseKeysAsk,
  LeaseListIs,
  LeaseRenewed,
  LeaseTimeToLiveAsk,
  LeaseTimeToLiveIs,
} from '../../wire/messages/lease.ts'
import type { TreeOptions } from '../options.ts'
import { refuse } from '../refuse.ts'

interface Asked {
  readonly message: Message
  readonly question: Question
}

/** What becomes of the group's word on a lease's keys. */
type WithKeys = (keys: LeaseKeysAre, context: Context) => void

export class LeaseQuestions {
  readonly #group: Address
  readonly #options: TreeOptions
  readonly #clock: LeaseClock
  readonly #perform: (effects: readonly LeaseEffect[], context: Context) => void
  #waiting: Asked[] = []
  /** What the confirmation under way is for; undefined when none is. */
  #confirming: readonly Asked[] | undefined
  readonly #handedOn = new Map<string, Question>()
  readonly #tickets = new Map<
    number,
    { readonly question: Question; readonly header: RevisionHeader }
  >()
  readonly #keys = new Map<string, { readonly question: Question; readonly then: WithKeys }>()
  #number = 0

  constructor(
    group: Address,
    options: TreeOptions,
    clock: LeaseClock,
    perform: (effects: readonly LeaseEffect[], context: Context) => void,
  ) {
    this.#group = group
    this.#options = options
    this.#clock = clock
    this.#perform = perform
  }

  take(message: Message, question: Question, context: Context): void {
    if (message.kind === 'lease.list') {
      this.#list(question, context)
      return
    }
    this.#waiting.push({ message, question })
    this.#confirm(context)
  }

  handOn(leader: Address, message: Message, question: Question, context: Context): void {
    const tag = this.#tag('handed-on')
    this.#handedOn.set(tag, question)
    const forwarded = { ...message, forwarded: true }
    context.ask(leader, forwarded, { tag, timeoutMs: this.#options.limits.requestTimeoutMs })
  }

  answered(tag: string, outcome: AskOutcome, context: Context): void {
    if (tag === 'confirm') this.#confirmed(outcome, context)
    else if (this.#handedOn.has(tag)) this.#handedBack(tag, outcome, context)
    else if (this.#keys.has(tag)) this.#keysCame(tag, outcome, context)
  }

  /** The clock's answer to a keep-alive; no `ttl`: it does not count time any more. */
  renewed(ticket: number, ttl: number | undefined, context: Context): void {
    const open = this.#tickets.get(ticket)
    if (open === undefined) return
    this.#tickets.delete(ticket)
    if (ttl === undefined) {
      refuse(open.question, 'no-leader', context)
      return
    }
    const renewed: LeaseRenewed = { kind: 'lease.renewed', header: open.header, ttl }
    context.answer(open.question, renewed)
  }

  #confirm(context: Context): void {
    if (this.#confirming !== undefined || this.#waiting.length === 0) return
    this.#confirming = this.#waiting
    this.#waiting = []
    const { requestTimeoutMs } = this.#options.limits
    context.ask(
      this.#group,
      { kind: 'group.confirm' },
      { tag: 'confirm', timeoutMs: requestTimeoutMs },
    )
  }

  #confirmed(outcome: AskOutcome, context: Context): void {
    const asked = this.#confirming ?? []
    this.#confirming = undefined
    const confirmed = outcome.ok ? (outcome.message as GroupConfirmed) : undefined
    const { term } = this.#clock
    if (term !== undefined && confirmed?.kind === 'group.confirmed' && confirmed.term === term) {
      const header = { revision: confirmed.revision, term }
      for (const one of asked) this.#serve(one, header, context)
    } else {
      for (const { question } of asked) refuse(question, reasonOf(outcome), context)
    }
    this.#confirm(context)
  }

  #serve({ message, question }: Asked, header: RevisionHeader, context: Context): void {
    if (message.kind === 'lease.keep-alive') {
      this.#number += 1
      const ticket = this.#number
      this.#tickets.set(ticket, { question, header })
      const { id } = message as LeaseKeepAlive
      this.#perform(this.#clock.keepAlive(id, ticket, context.nowMs), context)
      return
    }
    const { id, keys } = message as LeaseTimeToLiveAsk
    const found = this.#clock.timeToLive(id, context.nowMs)
    const known = { kind: 'lease.time-to-live-is', header } as const
    const gone: LeaseTimeToLiveIs = { ...known, ttl: -1, grantedTtl: 0, keys: [] }
    if (found === undefined || !keys) {
      context.answer(question, found === undefined ? gone : { ...gone, ...found })
      return
    }
    this.#askKeys(id, question, context, (are, later) => {
      const is: LeaseTimeToLiveIs = { ...known, ...found, keys: are.keys }
      later.answer(question, is)
    })
  }

  #list(question: Question, context: Context): void {
    this.#askKeys(0n, question, context, ({ header }, later) => {
      const is: LeaseListIs = { kind: 'lease.list-is', header, ids: this.#clock.ids() }
      later.answer(question, is)
    })
  }

  #askKeys(id: bigint, question: Question, context: Context, then: WithKeys): void {
    const tag = this.#tag('keys')
    this.#keys.set(tag, { question, then })
    const ask: LeaseKeysAsk = { kind: 'lease.keys', id }
    context.ask(this.#group, ask, { tag, timeoutMs: this.#options.limits.requestTimeoutMs })
  }

  #keysCame(tag: string, outcome: AskOutcome, context: Context): void {
    const open = this.#keys.get(tag)
    this.#keys.delete(tag)
    if (open === undefined) return
    if (outcome.ok && outcome.message.kind === 'lease.keys-are') {
      open.then(outcome.message as LeaseKeysAre, context)
    } else {
      refuse(open.question, reasonOf(outcome), context)
    }
  }

  #handedBack(tag: string, outcome: AskOutcome, context: Context): void {
    const question = this.#handedOn.get(tag)
    this.#handedOn.delete(tag)
    if (question === undefined) return
    if (outcome.ok) context.answer(question, outcome.message)
    else refuse(question, reasonOf(outcome), context)
  }

  #tag(what: string): string {
    this.#number += 1
    return `${what}:${this.#number}`
  }
}

function reasonOf(outcome: AskOutcome): RefusalReason {
  if (outcome.ok || outcome.reason === 'unreachable' || outcome.reason === 'failed')
    return 'no-leader'
  return outcome.reason
}
