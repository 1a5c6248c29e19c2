/**
 * Writes of clients, on the leader: each gets its timestamp, all of a turn by one question to the oracle, goes
 * through the evaluator, and is answered when its entry is applied here.
 *
 * C-1: a command is proposed at most once. C-2: a refusal is certain; when leadership is lost, or time is up,
 * whoever may be in the log is told that the outcome is unknown.
 */

import { type Bytes, EMPTY } from '../../base/bytes.ts'
import type { Entry } from '../../core/raft/types.ts'
import type { AppliedEntry } from '../../core/region/applied.ts'
import type { RegionEntry } from '../../core/region/entry.ts'
import { keysOf } from '../../core/region/evaluate/task.ts'
import {
  type CommandEvaluator,
  type EvaluatorEffect,
  needsStamp,
} from '../../core/region/evaluation.ts'
import type {
  RegionCommand,
  RegionEpoch,
  RegionRefusal,
  RegionResult,
  Timestamp,
} from '../../core/region/types.ts'
import type { AskOutcome, Context, Question } from '../../runtime/actor.ts'
import type { Message } from '../../runtime/message.ts'
import { readVersionRow } from '../../storage/region-rows.ts'
import type { Row } from '../../storage/store.ts'
import type {
  RegionUndetermined,
  RegionWrite,
  RegionWriteDone,
} from '../../wire/messages/region.ts'
import { encodeRegionEntry } from '../../wire/region-entry.ts'
import type { Admission } from './admission.ts'
import type { Heat } from './heat.ts'
import type { Leadership } from './leadership.ts'
import { epochRefusal, refusedBy, staleEpoch } from './refuse.ts'
import type { Replica } from './replica.ts'
import { Stamping, type Unstamped } from './stamping.ts'

interface Waiter {
  tell(answer: Message, context: Context): void
  readonly deadlineMs: number
}

interface Proposal {
  readonly ticket: number
  readonly term: number
  readonly atUs: number
}

const ROWS_TAG = 'rows:'
const BUSY_MS = 50
const OVERGROWN_MS = 500
/** Bytes of one page of versions. */
const PAGE_BYTES = 256 * 1024

export class Commands {
  readonly #replica: Replica
  readonly #leadership: Leadership
  readonly #admission: Admission
  readonly #heat: Heat
  /** In order of arrival, hence of deadline. */
  readonly #waiters = new Map<number, Waiter>()
  /** By index: what was proposed and is not applied. */
  readonly #proposals = new Map<number, Proposal>()
  readonly #stamping = new Stamping()
  #ticket = 0
  /** Since the last report. */
  taken = 0

  constructor(replica: Replica, leadership: Leadership, admission: Admission, heat: Heat) {
    this.#heat = heat
    this.#replica = replica
    this.#leadership = leadership
    this.#admission = admission
  }

  get waiting(): number {
    return this.#waiters.size
  }

  take({ command, epoch }: RegionWrite, question: Question, context: Context): void {
    const refusal =
      this.#refusal(epoch) ?? this.#overgrown(command) ?? this.#admission.refusal(command, context)
    if (refusal !== undefined) {
      context.answerNow(question, refusedBy(refusal))
      return
    }
    this.taken += 1
    this.#heat.asked(firstKey(command), context)
    const tell = (answer: Message, later: Context) => later.answerNow(question, answer)
    this.#submit(command, epoch, tell, context)
  }

  /** The region's own wish, as a client's. */
  own(command: RegionCommand, tell: Waiter['tell'], context: Context): void {
    const { epoch } = this.#replica.descriptor
    const refusal = this.#refusal(epoch)
    if (refusal === undefined) this.#submit(command, epoch, tell, context)
    else tell(refusedBy(refusal), context)
  }

  #submit(
    command: RegionCommand,
    epoch: RegionEpoch,
    tell: Waiter['tell'],
    context: Context,
  ): void {
    this.#ticket += 1
    const ticket = this.#ticket
    const deadlineMs = context.nowMs + this.#replica.options.limits.requestTimeoutMs
    this.#waiters.set(ticket, { tell, deadlineMs })
    if (needsStamp(command)) this.#stamping.add({ ticket, submit: { command, epoch } })
    else this.#leadership.evaluator?.submit(ticket, command, undefined)
    this.#replica.flushSoon(context)
  }

  /** What the turn's commands want: timestamps, rows, a place in the log. */
  flush(context: Context): void {
    this.run(context)
    this.#stamping.flush(context)
  }

  ownsTag(tag: string): boolean {
    return this.#stamping.ownsTag(tag) || tag.startsWith(ROWS_TAG)
  }

  /** Timestamps for all that asked for them together, or none: then nothing was done. */
  stamped(tag: string, outcome: AskOutcome, context: Context): void {
    for (const { waiting, stamp } of this.#stamping.answered(tag, outcome, context)) {
      if (stamp === undefined) this.#unstampable(waiting, context)
      else this.#stamp(waiting, stamp, context)
    }
    this.#replica.flushSoon(context)
  }

  rows(tag: string, rows: readonly Row[], more: boolean): void {
    const [term, read] = tag.slice(ROWS_TAG.length).split(' ').map(Number) as [number, number]
    // Asked for by the evaluator of a term that is over.
    if (term !== this.#replica.term) return
    this.#leadership.evaluator?.found(read, rows.map(readVersionRow), more)
  }

  /** An entry was applied: whoever of this leader's clients it was for is answered. */
  applied(
    { index, term }: Pick<Entry, 'index' | 'term'>,
    outcome: AppliedEntry['outcome'],
    context: Context,
  ): void {
    const proposal = this.#proposals.get(index)
    if (proposal === undefined) return
    this.#proposals.delete(index)
    const seconds = (context.stopwatchUs() - proposal.atUs) / 1e6
    context.meter.observe('plasma_region_commit_seconds', seconds)
    if (proposal.term === term) this.#leadership.evaluator?.applied(proposal.ticket, outcome)
  }

  /** Carries out what the evaluator wants. */
  run(context: Context): void {
    const { evaluator } = this.#leadership
    if (evaluator !== undefined) this.#perform(evaluator, context)
  }

  /** This leader's time is over: what its evaluator had is told, what had no timestamp was not done. */
  end(over: CommandEvaluator | undefined, context: Context): void {
    if (over !== undefined) this.#perform(over, context)
    const refusal = this.#leadership.refusal() ?? { reason: 'not-ready' }
    for (const { ticket } of this.#stamping.clear()) this.#refuse(ticket, refusal, context)
    this.#proposals.clear()
  }

  tick(context: Context): void {
    this.#stamping.again()
    for (const [ticket, waiter] of this.#waiters) {
      if (waiter.deadlineMs > context.nowMs) return
      this.#waiters.delete(ticket)
      waiter.tell(UNDETERMINED, context)
    }
  }

  #refusal(epoch: RegionEpoch): RegionRefusal | undefined {
    const refusal = this.#leadership.refusal()
    if (refusal !== undefined) return refusal
    const { limits } = this.#replica.options
    const full = this.#waiters.size >= limits.maxWaiting
    if (full || this.#replica.applyLag > limits.maxApplyLag) {
      return { reason: 'busy', retryMs: BUSY_MS }
    }
    return epochRefusal(this.#replica, epoch, 'data')
  }

  /** Split late: what makes the region grow waits until it has. */
  #overgrown({ op }: RegionCommand): RegionRefusal | undefined {
    const { state, flare, cuttable } = this.#replica
    const grows = op === 'write' || op === 'prewrite' || op === 'delete-range'
    if (!grows || !cuttable || state.size.bytes < flare.region.maxBytes) return undefined
    return { reason: 'busy', retryMs: OVERGROWN_MS }
  }

  #stamp({ ticket, submit }: Unstamped, stamp: Timestamp, context: Context): void {
    const { evaluator } = this.#leadership
    this.#leadership.clock(stamp, context)
    if (submit === undefined) {
      evaluator?.stamped(ticket, stamp)
      return
    }
    const refusal = this.#leadership.refusal() ?? epochRefusal(this.#replica, submit.epoch, 'data')
    if (refusal !== undefined) this.#refuse(ticket, refusal, context)
    else evaluator?.submit(ticket, submit.command, stamp)
  }

  /** The oracle did not answer: what the evaluator has already is asked for again, the rest refused. */
  #unstampable(unstamped: Unstamped, context: Context): void {
    if (unstamped.submit === undefined) this.#stamping.addLater(unstamped)
    else this.#refuse(unstamped.ticket, { reason: 'busy', retryMs: BUSY_MS }, context)
  }

  #perform(evaluator: CommandEvaluator, context: Context): void {
    for (let effects = evaluator.take(); effects.length > 0; effects = evaluator.take()) {
      for (const effect of effects) this.#one(evaluator, effect, context)
    }
  }

  #one(evaluator: CommandEvaluator, effect: EvaluatorEffect, context: Context): void {
    const { ticket } = effect
    switch (effect.type) {
      case 'read': {
        const { span, read } = effect
        const tag = `${ROWS_TAG}${this.#replica.term} ${read}`
        const range = this.#replica.data.versionSpan(span)
        context.scan(range, { rows: span.rows, bytes: PAGE_BYTES }, tag)
        return
      }
      case 'stamp':
        this.#stamping.add({ ticket, submit: undefined })
        return
      case 'propose':
        this.#propose(evaluator, ticket, effect.entry, context)
        return
      case 'answer':
        this.#answer(ticket, effect.result, context)
        return
      case 'refuse':
        this.#refuse(ticket, effect.refusal, context)
        return
      case 'undetermined':
        this.#conclude(ticket, UNDETERMINED, context)
    }
  }

  #propose(
    evaluator: CommandEvaluator,
    ticket: number,
    entry: RegionEntry,
    context: Context,
  ): void {
    const outcome = this.#replica.raft.propose(encodeRegionEntry(entry))
    if (outcome.ok) {
      this.#proposals.set(outcome.index, {
        ticket,
        term: outcome.term,
        atUs: context.stopwatchUs(),
      })
      return
    }
    evaluator.dropped(ticket)
    const busy = outcome.reason === 'overloaded'
    this.#refuse(
      ticket,
      busy ? { reason: 'busy', retryMs: BUSY_MS } : { reason: 'not-ready' },
      context,
    )
  }

  #answer(ticket: number, result: RegionResult, context: Context): void {
    const done: RegionWriteDone = { kind: 'region.write-done', result }
    this.#conclude(ticket, done, context)
  }

  #refuse(ticket: number, refusal: RegionRefusal, context: Context): void {
    this.#conclude(ticket, refusedBy(this.#known(refusal)), context)
  }

  /** With what the evaluator leaves to this peer to say. */
  #known(refusal: RegionRefusal): RegionRefusal {
    if (refusal.reason === 'epoch') return staleEpoch(this.#replica)
    return refusal.reason === 'not-leader' ? (this.#leadership.refusal() ?? refusal) : refusal
  }

  #conclude(ticket: number, answer: Message, context: Context): void {
    const waiter = this.#waiters.get(ticket)
    this.#waiters.delete(ticket)
    waiter?.tell(answer, context)
  }
}

/** Where in the region a command works. */
function firstKey(command: RegionCommand): Bytes {
  return 'from' in command ? command.from : (keysOf(command)[0] ?? EMPTY)
}

const UNDETERMINED: RegionUndetermined = { kind: 'region.undetermined' }
