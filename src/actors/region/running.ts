/**
 * A region's peer at work: inputs become steps of its machines, and their effects calls of the context. As in a
 * Raft group, what the requests of a turn cause is taken once, behind them all, and what consensus causes
 * behind consensus.
 */

import type { Context, Input, Question } from '../../runtime/actor.ts'
import type { Address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type { PulseTold } from '../../wire/messages/pulse.ts'
import type {
  RegionDigest,
  RegionDigestBegin,
  RegionExpelled,
  RegionOrdered,
  RegionRaft,
  RegionRead,
  RegionSafePoint,
  RegionWrite,
} from '../../wire/messages/region.ts'
import { Rooms, type RoomsParts } from './rooms.ts'
import { inspectRegion, statusOf } from './status.ts'

/** Shorter than any election timeout. */
const CAMPAIGNS = 5

export class RunningRegion {
  readonly rooms: Rooms
  #ticking = false
  #expelled = false
  /** Ticks for which it goes on campaigning. */
  #campaigns = 0

  constructor(parts: RoomsParts, context: Context) {
    this.rooms = new Rooms(parts, context)
    this.rooms.neighbours.register(context)
    this.rooms.reports.advance(context)
    this.rooms.children.begin(context)
    this.#keepTicking(context)
  }

  /** This peer is no member any more, for good. */
  get expelled(): boolean {
    return this.#expelled
  }

  receive(input: Input, context: Context): void {
    if (this.rooms.snapshots.takes(input, context)) {
      this.#act(context)
      return
    }
    const { commitWord } = this.rooms
    switch (input.type) {
      case 'message':
        this.#message(input.message, input.from, input.question, context)
        break
      case 'landed':
        if (this.rooms.children.ownsTag(input.tag)) this.rooms.children.landed(context)
        else this.rooms.replica.disk.landed(input.tag)
        this.#act(context)
        break
      case 'timer':
        if (input.name === 'tick') this.#tick(context)
        else if (commitWord.ownsTimer(input.name)) commitWord.release(context)
        break
      case 'answer':
        this.#answer(input, context)
        break
      case 'scanned':
        this.#page(input, context)
        break
      default:
        break
    }
  }

  /** Whose parent led here leads it: asks again until its peers, who are just being born, have heard. */
  campaign(context: Context): void {
    this.#campaigns = CAMPAIGNS
    this.#campaign()
    this.rooms.replica.actSoon(context)
  }

  #campaign(): void {
    const { raft, leader } = this.rooms.replica
    this.#campaigns -= 1
    if (leader === undefined) raft.step({ type: 'campaign' })
    else this.#campaigns = 0
  }

  /** Nobody who waits here hears from this peer again, and the pulse need not listen for it. */
  end(context: Context): void {
    const { leadership, commands, reads, neighbours, replica } = this.rooms
    replica.whole = false
    commands.end(leadership.end(), context)
    reads.end(context)
    neighbours.leave(context)
    context.cancelTimer('tick')
  }

  inspect(): object {
    return inspectRegion(this.rooms.replica, this.rooms.leadership)
  }

  #message(
    message: Message,
    from: Address,
    question: Question | undefined,
    context: Context,
  ): void {
    const { replica, neighbours, reports, collector } = this.rooms
    switch (message.kind) {
      case 'region.raft':
        this.#raft(message as RegionRaft, from, context)
        return
      case 'region.flush':
        replica.flushed()
        this.#flush(context)
        return
      case 'region.act':
        replica.acted()
        this.#act(context)
        return
      case 'region.campaign':
        this.campaign(context)
        return
      case 'region.expelled':
        this.#expelled ||= this.rooms.fence.expels(message as RegionExpelled)
        return
      case 'region.safe-point':
        collector.begin((message as RegionSafePoint).safePoint)
        this.#keepTicking(context)
        return
      case 'pulse.told':
        neighbours.told(message as PulseTold)
        replica.actSoon(context)
        return
      case 'region.hand-over':
        this.rooms.members.handOver()
        replica.actSoon(context)
        return
      case 'region.report':
        reports.soon()
        reports.advance(context)
        return
      case 'pulse.ask':
        neighbours.register(context)
        return
      default:
        if (question === undefined) return
        this.#keepTicking(context)
        this.#question(message, question, context)
    }
  }

  #question(message: Message, question: Question, context: Context): void {
    const { reads, commands, orders, replica, leadership, snapshots, digests } = this.rooms
    switch (message.kind) {
      case 'region.read':
        reads.take(message as RegionRead, question, context)
        return
      case 'region.write':
        commands.take(message as RegionWrite, question, context)
        return
      case 'region.order':
        orders.take(message as RegionOrdered, question, context)
        return
      case 'region.digest-begin':
        digests.begin(message as RegionDigestBegin, question, context)
        return
      case 'region.digest':
        digests.ask(message as RegionDigest, question, context)
        return
      case 'region.snapshot':
      case 'snapshot.chunk':
        snapshots.question(message, question, context)
        return
      case 'region.status':
        context.answerNow(question, statusOf(replica, leadership))
        return
      default:
        return
    }
  }

  #raft(carrier: RegionRaft, from: Address, context: Context): void {
    const message = this.rooms.fence.pass(carrier, from, context)
    if (message === undefined) return
    this.rooms.replica.raft.step({ type: 'message', message })
    this.rooms.replica.actSoon(context)
  }

  #answer({ tag, outcome }: Extract<Input, { readonly type: 'answer' }>, context: Context): void {
    const { leadership, commands, splits, members, children, resolver } = this.rooms
    if (commands.ownsTag(tag)) commands.stamped(tag, outcome, context)
    else if (leadership.ownsTag(tag)) leadership.drawn(tag, outcome, context)
    else if (splits.ownsTag(tag)) splits.ids(outcome, context)
    else if (members.ownsTag(tag)) members.invited(tag)
    else if (children.ownsTag(tag)) children.told(outcome, context)
    else if (resolver.ownsTag(tag)) resolver.answered(tag, outcome, context)
    this.#flush(context)
  }

  #page({ tag, rows, more }: Extract<Input, { readonly type: 'scanned' }>, context: Context): void {
    const { commands, reads, splits, digests, replica } = this.rooms
    if (commands.ownsTag(tag)) {
      commands.rows(tag, rows, more)
      replica.flushSoon(context)
    } else if (reads.ownsTag(tag)) reads.page(tag, rows, more, context)
    else if (digests.ownsTag(tag)) digests.page(tag, rows, more, context)
    else if (splits.ownsTag(tag)) {
      splits.page(tag, rows, more, context)
      this.#act(context)
    } else {
      replica.disk.page(tag, rows)
      this.#act(context)
    }
  }

  #flush(context: Context): void {
    this.rooms.commands.flush(context)
    this.#act(context)
  }

  #act(context: Context): void {
    this.rooms.reads.flush()
    this.rooms.effects.run(context)
    this.#keepTicking(context)
    this.#look()
  }

  #tick(context: Context): void {
    this.#ticking = false
    const { effects, replica, commands, reads, leadership, splits, members, children } = this.rooms
    if (!effects.quiet) replica.raft.step({ type: 'tick' })
    if (this.#campaigns > 0) this.#campaign()
    commands.tick(context)
    reads.expire(context)
    leadership.advance(context)
    splits.tick(context)
    this.rooms.collector.tick(context)
    this.rooms.resolver.tick(context)
    this.rooms.snapshots.resume(context)
    members.tick(context)
    children.advance(context)
    this.rooms.reports.advance(context)
    this.#flush(context)
  }

  /** On the grid of the clock, so that all regions of a shard tick in one turn and share its frames. */
  #keepTicking(context: Context): void {
    const idle = this.rooms.effects.quiet && !this.rooms.waiting
    if (this.#ticking || idle) return
    this.#ticking = true
    const { tickMs } = this.rooms.replica.options.limits
    context.setTimer('tick', tickMs - (context.nowMs % tickMs))
  }

  /** Its own removal is applied: there is nothing left to do here. */
  #look(): void {
    this.#expelled ||= this.rooms.members.left
  }
}
