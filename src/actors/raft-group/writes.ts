/**
 * Writes of this node's clients on their way through the log. Each is proposed at most once: here if
 * this member leads, else by the leader it was forwarded to; until a leader is known it waits unsent.
 *
 * W-I1: a write that may have reached a log is never sent again. W-I2: it is answered once: by its own
 * apply here, or by the reason why its fate is unknown.
 */

import type { Bytes } from '../../base/bytes.ts'
import { peerId } from '../../base/ids.ts'
import type { CommandResult } from '../../core/kv/types.ts'
import type { AskOutcome, Context, Question } from '../../runtime/actor.ts'
import type { Message } from '../../runtime/message.ts'
import { entryData, type Origin, originOf } from '../../wire/command.ts'
import type { GroupForward, GroupForwarded, RefusalReason } from '../../wire/messages/group.ts'
import type { CommitWord } from '../consensus/commit-word.ts'
import { refuse } from '../refuse.ts'
import type { Replica } from './replica.ts'

interface Waiter {
  readonly sequence: number
  readonly question: Question
  readonly deadlineMs: number
  readonly data: Bytes
  /** May be in some log. */
  sent: boolean
}

/** Its writes may have left for the leader. */
interface Forward {
  readonly batch: readonly Waiter[]
  readonly bytes: number
  readonly sentMs: number
}

/** One message to the leader carries at most this much. */
const FORWARD_BYTES = 256 * 1024
/** No more than this is on its way there: what a link has no room for is lost, and nobody is told. */
const FORWARD_WINDOW = 512 * 1024
/** A forward without an answer for so long may be lost: it holds up no others. */
const FORWARD_PATIENCE_MS = 1000
const FORWARD_TAG = 'forward:'

export class Writes {
  readonly #replica: Replica
  readonly #commitWord: CommitWord
  /** By sequence, in order of arrival, hence of deadline. */
  readonly #waiters = new Map<number, Waiter>()
  #unsent: Waiter[] = []
  /** Those under way. */
  readonly #forwards = new Map<string, Forward>()
  #sequence = 0
  #forwardNumber = 0

  constructor(replica: Replica, commitWord: CommitWord) {
    this.#replica = replica
    this.#commitWord = commitWord
  }

  get waiting(): number {
    return this.#waiters.size
  }

  take(command: Bytes, question: Question, context: Context): void {
    const refusal = this.#refusal()
    if (refusal !== undefined) {
      refuse(question, refusal, context)
      return
    }
    this.#sequence += 1
    const origin = { peer: this.#replica.self, life: context.life, sequence: this.#sequence }
    const waiter: Waiter = {
      sequence: this.#sequence,
      question,
      deadlineMs: context.nowMs + this.#replica.options.limits.requestTimeoutMs,
      data: entryData(origin, command),
      sent: false,
    }
    this.#waiters.set(waiter.sequence, waiter)
    if (this.#replica.leads) this.#propose(waiter, context)
    else this.#unsent.push(waiter)
    this.#replica.flushSoon(context)
  }

  /** Forwards or proposes what waits, now that the turn's requests are in or a leader is known. */
  flush(context: Context): void {
    if (this.#unsent.length === 0) return
    const { leads } = this.#replica
    const leader = this.#replica.leaderElsewhere()
    if (!leads && leader === undefined) return
    const waiting = this.#unsent.filter((it) => this.#waiters.has(it.sequence))
    this.#unsent = []
    if (leads) {
      for (const waiter of waiting) this.#propose(waiter, context)
      return
    }
    for (const batch of inBatches(waiting)) {
      if (this.#underWay(context.nowMs) < FORWARD_WINDOW) this.#forward(batch, context)
      else this.#unsent.push(...batch)
    }
  }

  /** This member leads, the entries come from another's clients. Proposes in order until one is refused. */
  takeForwarded(message: GroupForward, question: Question, context: Context): void {
    let proposed = 0
    let reason = this.#replica.leads ? this.#refusal() : 'no-leader'
    for (const data of message.entries) {
      if (reason !== undefined) break
      const outcome = this.#replica.raft.propose(data)
      if (outcome.ok) {
        proposed += 1
        this.#commitWord.awaited(peerId(originOf(data).peer), outcome.index)
      } else reason = outcome.reason === 'overloaded' ? 'overloaded' : 'no-leader'
    }
    if (proposed > 0) this.#replica.flushSoon(context)
    const answer: GroupForwarded = { kind: 'group.forwarded', proposed, reason }
    context.answerNow(question, answer)
  }

  ownsTag(tag: string): boolean {
    return tag.startsWith(FORWARD_TAG)
  }

  /** The leader's word on a forward, or why there is none. */
  forwarded(tag: string, outcome: AskOutcome, context: Context): void {
    const batch = this.#forwards.get(tag)?.batch
    if (batch === undefined) return
    this.#forwards.delete(tag)
    if (outcome.ok) {
      const answer = outcome.message as GroupForwarded
      this.#giveBack(batch.slice(answer.proposed), answer.reason ?? 'no-leader', context)
      // A leader that takes no more is asked again with the next tick.
      if (answer.reason === undefined) this.flush(context)
    } else if (outcome.reason === 'overloaded') {
      this.#giveBack(batch, 'overloaded', context)
    } else if (outcome.reason === 'unreachable') {
      this.#giveBack(batch, 'no-leader', context)
    } else {
      const timeout = outcome.reason === 'timeout'
      for (const waiter of batch) {
        this.#fail(waiter, timeout ? this.#timeout(waiter) : 'leader-changed', context)
      }
    }
  }

  /** An entry of this member's clients was applied. */
  applied(origin: Origin, result: CommandResult, context: Context): void {
    if (origin.peer !== this.#replica.self || origin.life !== context.life) return
    const waiter = this.#waiters.get(origin.sequence)
    if (waiter === undefined) return
    this.#waiters.delete(origin.sequence)
    const header = this.#replica.header()
    const message: Message =
      result.op === 'error'
        ? ({ kind: 'kv.failed', header, error: result.error } as Message)
        : ({ kind: 'kv.write-done', header, result } as Message)
    context.answerNow(waiter.question, message)
  }

  /** Another leader or none: what was sent may be lost or may still commit. */
  leaderChanged(context: Context): void {
    for (const waiter of this.#waiters.values()) {
      if (waiter.sent) this.#fail(waiter, 'leader-changed', context)
    }
    this.#forwards.clear()
    this.flush(context)
  }

  expire(context: Context): void {
    for (const waiter of this.#waiters.values()) {
      if (waiter.deadlineMs > context.nowMs) return
      this.#fail(waiter, waiter.sent ? this.#timeout(waiter) : 'no-leader', context)
    }
  }

  #timeout({ deadlineMs }: Waiter): RefusalReason {
    return this.#replica.timeoutReason(deadlineMs - this.#replica.options.limits.requestTimeoutMs)
  }

  #refusal(): RefusalReason | undefined {
    const { options, applyLag } = this.#replica
    const full = this.#waiters.size >= options.limits.maxWaiting
    return full || applyLag > options.limits.maxApplyLag ? 'overloaded' : undefined
  }

  #propose(waiter: Waiter, context: Context): void {
    const outcome = this.#replica.raft.propose(waiter.data)
    if (outcome.ok) waiter.sent = true
    else if (outcome.reason === 'overloaded') this.#fail(waiter, 'overloaded', context)
    else this.#unsent.push(waiter)
  }

  #forward(batch: readonly Waiter[], context: Context): void {
    const leader = this.#replica.leaderElsewhere()
    if (leader === undefined) return
    this.#forwardNumber += 1
    const tag = `${FORWARD_TAG}${this.#forwardNumber}`
    this.#forwards.set(tag, { batch, bytes: bytesOf(batch), sentMs: context.nowMs })
    for (const waiter of batch) waiter.sent = true
    const message: GroupForward = { kind: 'group.forward', entries: batch.map((it) => it.data) }
    context.ask(leader, message, { tag, timeoutMs: this.#replica.options.limits.requestTimeoutMs })
  }

  #underWay(nowMs: number): number {
    let underWay = 0
    for (const { bytes, sentMs } of this.#forwards.values()) {
      if (nowMs - sentMs < FORWARD_PATIENCE_MS) underWay += bytes
    }
    return underWay
  }

  /** Certainly in no log: they wait for a leader again, or fail with this reason. */
  #giveBack(batch: readonly Waiter[], reason: RefusalReason, context: Context): void {
    for (const waiter of batch) {
      if (!this.#waiters.has(waiter.sequence)) continue
      waiter.sent = false
      if (reason === 'no-leader') this.#unsent.push(waiter)
      else this.#fail(waiter, reason, context)
    }
  }

  #fail(waiter: Waiter, reason: RefusalReason, context: Context): void {
    if (this.#waiters.delete(waiter.sequence)) refuse(waiter.question, reason, context)
  }
}

function bytesOf(batch: readonly Waiter[]): number {
  let bytes = 0
  for (const { data } of batch) bytes += data.length
  return bytes
}

function inBatches(waiters: readonly Waiter[]): readonly Waiter[][] {
  const batches: Waiter[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const waiter of waiters) {
    if (bytes + waiter.data.length > FORWARD_BYTES) {
      batches.push([])
      bytes = 0
    }
    batches.at(-1)?.push(waiter)
    bytes += waiter.data.length
  }
  return batches
}
