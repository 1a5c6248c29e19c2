/**
 * A group's member at work: inputs become steps of its machines, and their effects calls of the context.
 *
 * G-1: what the requests of a turn cause is taken once, behind them all (`group.flush`), so that two
 * hundred writes make one persist and one append per follower; what consensus causes is taken behind
 * consensus (`group.act`), before more requests. G-2: clients are answered from applied state alone.
 */

import type { Context, Input, Question } from '../../runtime/actor.ts'
import type { Address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type { GroupJoin, GroupStranger } from '../../wire/messages/group.ts'
import type { PulseTold } from '../../wire/messages/pulse.ts'
import type { RaftCarrier } from '../../wire/messages/raft.ts'
import { refuseToStart } from './newcomer.ts'
import { take } from './questions.ts'
import { Rooms, type RoomsParts } from './rooms.ts'
import { inspectGroup } from './status.ts'

/** Newcomers are looked at once in so many ticks. */
const PROMOTE_TICKS = 10

export class RunningGroup {
  readonly #rooms: Rooms
  #ticks = 0
  #ticking = false

  constructor(parts: RoomsParts, context: Context) {
    this.#rooms = new Rooms(parts, context)
    this.#rooms.neighbours.greet(context)
    this.#keepTicking(context)
  }

  receive(input: Input, context: Context): void {
    if (this.#rooms.snapshots.takes(input, context)) {
      this.#act(context)
      return
    }
    switch (input.type) {
      case 'message':
        this.#message(input.message, input.from, input.question, context)
        return
      case 'landed':
        if (this.#rooms.fence.ownsTag(input.tag)) this.#hearEarly(input.tag)
        else this.#rooms.replica.disk.landed(input.tag)
        this.#act(context)
        return
      case 'timer':
        if (input.name === 'tick') this.#tick(context)
        else if (this.#rooms.scrubber.ownsTimer(input.name)) this.#rooms.scrubber.step(context)
        else if (this.#rooms.reclaim.ownsTimer(input.name)) this.#rooms.reclaim.run(context)
        else if (this.#rooms.commitWord.ownsTimer(input.name))
          this.#rooms.commitWord.release(context)
        return
      case 'answer':
        if (this.#rooms.writes.ownsTag(input.tag))
          this.#rooms.writes.forwarded(input.tag, input.outcome, context)
        return
      case 'fetched':
        this.#rooms.values.fetched(input.tag, input.values, context)
        return
      case 'scanned':
        if (this.#rooms.history.ownsTag(input.tag)) this.#rooms.history.page(input, context)
        else this.#rooms.replica.disk.page(input.tag, input.rows)
        this.#act(context)
        return
      default:
        return
    }
  }

  inspect(): object {
    return inspectGroup(this.#rooms.replica)
  }

  #message(
    message: Message,
    from: Address,
    question: Question | undefined,
    context: Context,
  ): void {
    switch (message.kind) {
      case 'raft':
        this.#raftMessage(message as RaftCarrier, from, context)
        return
      case 'group.stranger':
        this.#stranger(message as GroupStranger, from, context)
        return
      case 'group.flush':
        this.#rooms.replica.flushed()
        this.#flush(context)
        return
      case 'group.act':
        this.#rooms.replica.acted()
        this.#act(context)
        return
      case 'pulse.told':
        this.#rooms.neighbours.told(message as PulseTold, context)
        this.#rooms.replica.actSoon(context)
        return
      case 'pulse.ask':
        this.#rooms.neighbours.register(context)
        return
      case 'lease.hello':
        this.#rooms.neighbours.greetExpirer(context)
        return
      case 'group.heed':
        this.#rooms.neighbours.heed(from, context)
        return
      case 'watch.hello':
        this.#rooms.neighbours.greetHub(context)
        return
      case 'group.join':
        if (question === undefined) this.#rooms.membership.advance(message as GroupJoin, context)
        else this.#rooms.membership.join(message as GroupJoin, question, context)
        return
      default:
        if (question === undefined) return
        this.#keepTicking(context)
        take(this.#rooms, message, question, context)
    }
  }

  #raftMessage(carrier: RaftCarrier, from: Address, context: Context): void {
    const message = this.#rooms.fence.pass(carrier, from, context)
    if (message === undefined) return
    this.#rooms.replica.raft.step({ type: 'message', message })
    this.#rooms.replica.actSoon(context)
  }

  #hearEarly(tag: string): void {
    for (const message of this.#rooms.fence.landed(tag)) {
      this.#rooms.replica.raft.step({ type: 'message', message })
    }
  }

  /** Others know this member by another data directory: what this one promised before is lost. */
  #stranger({ peer }: GroupStranger, from: Address, context: Context): void {
    if (peer === this.#rooms.replica.self) refuseToStart(from, context)
  }

  #flush(context: Context): void {
    this.#rooms.writes.flush(context)
    this.#rooms.reads.walk(context)
    this.#act(context)
  }

  #act(context: Context): void {
    this.#rooms.reads.flush()
    this.#rooms.effects.run(context)
    this.#rooms.reads.applied(context)
    this.#keepTicking(context)
    this.#rooms.scrubber.soon(context)
  }

  #tick(context: Context): void {
    this.#ticking = false
    this.#ticks += 1
    if (!this.#rooms.effects.quiet) this.#rooms.replica.raft.step({ type: 'tick' })
    this.#rooms.writes.expire(context)
    this.#rooms.reads.expire(context)
    this.#rooms.scrubber.expire(context)
    this.#rooms.snapshots.resume(context)
    if (this.#ticks % PROMOTE_TICKS === 0) this.#rooms.membership.promoteNewcomers(context)
    this.#flush(context)
  }

  /** On the grid of the clock, so that all groups of a shard tick in one turn and share its frames. */
  #keepTicking(context: Context): void {
    const idle = this.#rooms.effects.quiet && !this.#rooms.waiting
    if (this.#ticking || idle) return
    this.#ticking = true
    const { tickMs } = this.#rooms.replica.options.limits
    context.setTimer('tick', tickMs - (context.nowMs % tickMs))
  }
}
