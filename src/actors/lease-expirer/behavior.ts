/**
 * The actor that owns the deadlines of one group's leases. Every node has one; the one beside the leader
 * counts time. It answers a keep-alive or time-to-live only after a read index, asked for since the
 * request came in, has confirmed its term; elsewhere it hands the request to the leader's expirer, once.
 */

import type { NodeName } from '../../base/ids.ts'
import type { LeaseEvent } from '../../core/kv/applied.ts'
import { LeaseClock, type LeaseEffect } from '../../core/lease/clock.ts'
import type { Actor, ActorKind, AskOutcome, Context, Input, Question } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import { encodeCommand } from '../../wire/command.ts'
import type { GroupLeadership, KvWrite } from '../../wire/messages/group.ts'
import type { LeaseEvents, LeaseLoaded } from '../../wire/messages/lease.ts'
import type { TreeOptions } from '../options.ts'
import { refuse } from '../refuse.ts'
import { LeaseQuestions } from './questions.ts'

export const LEASE_EXPIRER = 'lease-expirer'

const TICK_MS = 500
const REVOKE_TAG = 'revoke:'

export function leaseExpirerKind(options: TreeOptions): ActorKind {
  return { kind: LEASE_EXPIRER, create: (at) => new LeaseExpirer(at, options) }
}

class LeaseExpirer implements Actor {
  readonly #group: Address
  readonly #options: TreeOptions
  readonly #clock: LeaseClock
  readonly #questions: LeaseQuestions
  #leader: NodeName | undefined

  constructor(self: Address, options: TreeOptions) {
    this.#group = address(self.node, 'raft-group', self.key)
    this.#options = options
    const { electionTicks, tickMs } = options.limits
    this.#clock = new LeaseClock({ electionTimeoutMs: electionTicks * tickMs })
    this.#questions = new LeaseQuestions(this.#group, options, this.#clock, (effects, context) =>
      this.#perform(effects, context),
    )
  }

  receive(input: Input, context: Context): void {
    switch (input.type) {
      case 'start':
        context.sendNow(this.#group, { kind: 'lease.hello' })
        context.setTimer('tick', TICK_MS)
        return
      case 'timer':
        context.setTimer('tick', TICK_MS)
        this.#perform(this.#clock.tick(context.nowMs), context)
        return
      case 'missed':
        context.sendNow(this.#group, { kind: 'lease.hello' })
        return
      case 'message':
        if (input.question === undefined) this.#told(input.message, context)
        else this.#asked(input.message, input.question, context)
        return
      case 'answer':
        if (input.tag.startsWith(REVOKE_TAG))
          this.#revokeAnswered(input.tag, input.outcome, context)
        else this.#questions.answered(input.tag, input.outcome, context)
        return
      default:
        return
    }
  }

  inspect(): object {
    return { term: this.#clock.term, leases: this.#clock.size, leader: this.#leader }
  }

  #told(message: Message, context: Context): void {
    switch (message.kind) {
      case 'lease.loaded':
        this.#perform(this.#clock.load((message as LeaseLoaded).leases, context.nowMs), context)
        return
      case 'group.leadership':
        this.#leadership(message as GroupLeadership, context)
        return
      case 'lease.events':
        for (const event of (message as LeaseEvents).events) this.#applied(event, context)
        return
      default:
        return
    }
  }

  #leadership(told: GroupLeadership, context: Context): void {
    this.#leader = told.leader
    if (told.leads && this.#clock.term === told.term) return
    if (this.#clock.term !== undefined) this.#perform(this.#clock.demote(), context)
    if (told.leads) this.#perform(this.#clock.promote(told.term, context.nowMs), context)
  }

  #applied(event: LeaseEvent, context: Context): void {
    const clock = this.#clock
    switch (event.type) {
      case 'granted':
        clock.granted(event.lease, context.nowMs)
        return
      case 'revoked':
        this.#perform(clock.revoked(event.id, context.nowMs), context)
        return
      case 'checkpointed':
        this.#perform(clock.checkpointed(event.id, event.remaining), context)
        return
    }
  }

  #asked(message: Message, question: Question, context: Context): void {
    if (this.#clock.term !== undefined || message.kind === 'lease.list') {
      this.#questions.take(message, question, context)
      return
    }
    const forwarded = (message as { readonly forwarded?: boolean }).forwarded === true
    if (forwarded || this.#leader === undefined || this.#leader === context.self.node) {
      refuse(question, 'no-leader', context)
      return
    }
    const leader = address(this.#leader, LEASE_EXPIRER, context.self.key)
    this.#questions.handOn(leader, message, question, context)
  }

  #perform(effects: readonly LeaseEffect[], context: Context): void {
    for (const effect of effects) {
      if (effect.type === 'renewed') this.#questions.renewed(effect.ticket, effect.ttl, context)
      else this.#propose(effect, context)
    }
  }

  #propose(effect: Exclude<LeaseEffect, { readonly type: 'renewed' }>, context: Context): void {
    const { term } = effect
    const isRevoke = effect.type === 'revoke'
    const command = isRevoke
      ? ({ op: 'lease-revoke', id: effect.id, term, granted: effect.granted } as const)
      : ({ op: 'lease-checkpoint', term, remaining: effect.remaining } as const)
    const write: KvWrite = { kind: 'kv.write', command: encodeCommand(command) }
    const tag = isRevoke ? `${REVOKE_TAG}${effect.id}` : 'checkpoint'
    context.ask(this.#group, write, { tag, timeoutMs: this.#options.limits.requestTimeoutMs })
  }

  #revokeAnswered(tag: string, outcome: AskOutcome, context: Context): void {
    if (outcome.ok && outcome.message.kind === 'kv.write-done') return
    const id = BigInt(tag.slice(REVOKE_TAG.length))
    this.#perform(this.#clock.revokeFailed(id, context.nowMs), context)
  }
}
