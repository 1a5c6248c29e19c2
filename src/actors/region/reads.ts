/**
 * Reads of clients, on the leader. Each first takes its timestamp from the evaluator, so that nothing is
 * committed at or below it any more; then all of one turn share a read index; then they wait until that is
 * applied here, and run off the thread, page by page. The epoch is checked when a read comes, when it begins
 * and when it is done.
 */

import { EMPTY } from '../../base/bytes.ts'
import { lockPage } from '../../core/region/read/locks.ts'
import type { PageReader, PageWish } from '../../core/region/read/page-reader.ts'
import { beginRead } from '../../core/region/read/readers.ts'
import { physicalMs } from '../../core/region/timestamps.ts'
import type { RegionAnswer, RegionEpoch, RegionQuery, Timestamp } from '../../core/region/types.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import { readVersionRow } from '../../storage/region-rows.ts'
import type { Row } from '../../storage/store.ts'
import type { RegionRead, RegionReadDone } from '../../wire/messages/region.ts'
import type { Heat } from './heat.ts'
import type { Leadership } from './leadership.ts'
import { epochRefusal, refuse } from './refuse.ts'
import type { Replica } from './replica.ts'

interface Waiter {
  readonly query: RegionQuery
  readonly epoch: RegionEpoch
  readonly at: Timestamp
  /** What was proposed when it came, where it must see that. */
  readonly behind: number
  readonly question: Question
  readonly deadlineMs: number
}

interface Confirmed {
  readonly waiter: Waiter
  readonly index: number
}

interface Running {
  readonly waiter: Waiter
  readonly reader: PageReader
}

const TAG = 'read:'
const PAGE_BYTES = 256 * 1024
const BUSY_MS = 50

export class Reads {
  readonly #replica: Replica
  readonly #leadership: Leadership
  readonly #heat: Heat
  #asked: Waiter[] = []
  readonly #confirming = new Map<number, readonly Waiter[]>()
  #behind: Confirmed[] = []
  readonly #running = new Map<number, Running>()
  #count = 0
  #token = 0
  #number = 0
  /** Since the last report. */
  taken = 0

  constructor(replica: Replica, leadership: Leadership, heat: Heat) {
    this.#heat = heat
    this.#replica = replica
    this.#leadership = leadership
  }

  get waiting(): number {
    return this.#count
  }

  take({ query, epoch }: RegionRead, question: Question, context: Context): void {
    const { limits } = this.#replica.options
    const { evaluator } = this.#leadership
    const refusal = this.#leadership.refusal() ?? epochRefusal(this.#replica, epoch, 'data')
    if (refusal !== undefined || evaluator === undefined) {
      refuse(question, refusal ?? { reason: 'not-ready' }, context)
      return
    }
    if (this.#count >= limits.maxWaiting) {
      refuse(question, { reason: 'busy', retryMs: BUSY_MS }, context)
      return
    }
    this.taken += 1
    this.#heat.asked(query.op === 'get' ? (query.keys[0] ?? EMPTY) : query.from, context)
    this.#count += 1
    const { at, wait } = evaluator.beginRead(query)
    const behind = wait ? this.#replica.raft.core.log.lastIndex : 0
    const deadlineMs = context.nowMs + limits.requestTimeoutMs
    this.#asked.push({ query, epoch, at, behind, question, deadlineMs })
    this.#replica.flushSoon(context)
  }

  /** One read index for all that was asked since the last flush. */
  flush(): void {
    if (this.#asked.length === 0) return
    this.#token += 1
    this.#confirming.set(this.#token, this.#asked)
    this.#asked = []
    this.#replica.raft.step({ type: 'read-index', token: this.#token })
  }

  confirmed(token: number, index: number, context: Context): void {
    const waiters = this.#confirming.get(token) ?? []
    this.#confirming.delete(token)
    for (const waiter of waiters) {
      this.#behind.push({ waiter, index: Math.max(index, waiter.behind) })
    }
    this.applied(context)
  }

  /** Not served: asked again at the next tick, while this peer leads. */
  refused(token: number, context: Context): void {
    const waiters = this.#confirming.get(token) ?? []
    this.#confirming.delete(token)
    for (const waiter of waiters) {
      if (this.#leadership.refusal() === undefined) this.#asked.push(waiter)
      else this.#refuse(waiter, context)
    }
  }

  /** More is applied: whoever waited for it begins. */
  applied(context: Context): void {
    const { appliedIndex } = this.#replica.state
    if (!this.#replica.whole || !this.#behind.some(({ index }) => index <= appliedIndex)) return
    const ready = this.#behind.filter(({ index }) => index <= appliedIndex)
    this.#behind = this.#behind.filter(({ index }) => index > appliedIndex)
    for (const { waiter } of ready) this.#begin(waiter, context)
  }

  ownsTag(tag: string): boolean {
    return tag.startsWith(TAG)
  }

  page(tag: string, rows: readonly Row[], more: boolean, context: Context): void {
    const [number, read] = tag.slice(TAG.length).split(' ').map(Number) as [number, number]
    const running = this.#running.get(number)
    if (running === undefined) return
    running.reader.found(read, rows.map(readVersionRow), more)
    this.#go(number, running, context)
  }

  /** Leadership is over, or the rows are being replaced. */
  end(context: Context): void {
    const waiters = [
      ...this.#asked,
      ...[...this.#confirming.values()].flat(),
      ...this.#behind.map(({ waiter }) => waiter),
    ]
    this.#asked = []
    this.#confirming.clear()
    this.#behind = []
    for (const waiter of waiters) this.#refuse(waiter, context)
    if (this.#replica.whole) return
    for (const { waiter } of this.#running.values()) this.#refuse(waiter, context)
    this.#running.clear()
  }

  expire(context: Context): void {
    const alive = (waiter: Waiter): boolean => {
      if (waiter.deadlineMs > context.nowMs) return true
      this.#refuse(waiter, context)
      return false
    }
    this.#asked = this.#asked.filter(alive)
    this.#behind = this.#behind.filter(({ waiter }) => alive(waiter))
    for (const [token, waiters] of this.#confirming) {
      const left = waiters.filter(alive)
      if (left.length > 0) this.#confirming.set(token, left)
      else this.#confirming.delete(token)
    }
  }

  #begin(waiter: Waiter, context: Context): void {
    if (this.#refuseEpoch(waiter, context)) return
    const { state, descriptor } = this.#replica
    const { query, at } = waiter
    if (query.op === 'locks') {
      this.#answer(waiter, lockPage(state.locks, query, descriptor), context)
      return
    }
    const late = tooOld(query, state.safePoint)
    if (late !== undefined) {
      this.#answer(waiter, late, context)
      return
    }
    const nowMs = query.at === undefined ? this.#leadership.clockMs(context) : physicalMs(at)
    const begun = beginRead(query, descriptor, state.locks, { at, nowMs })
    if (begun.type === 'answer') {
      this.#answer(waiter, begun.answer, context)
      return
    }
    const { reader } = begun
    this.#number += 1
    this.#running.set(this.#number, { waiter, reader })
    this.#go(this.#number, { waiter, reader }, context)
  }

  #go(number: number, { waiter, reader }: Running, context: Context): void {
    if (reader.done) {
      this.#running.delete(number)
      if (!this.#refuseEpoch(waiter, context)) this.#end(waiter, reader, context)
      return
    }
    for (const wish of reader.wants()) this.#scan(number, wish, context)
  }

  /** Versions that it would have seen may have been dropped while it read. */
  #end(waiter: Waiter, reader: PageReader, context: Context): void {
    const { safePoint } = this.#replica.state
    const whole = waiter.at >= safePoint
    if (whole) this.#answer(waiter, reader.answer(), context)
    else if (waiter.query.op === 'locks' || waiter.query.at === undefined) {
      this.#refuse(waiter, context)
    } else this.#answer(waiter, { op: 'too-old', safePoint }, context)
  }

  #scan(number: number, { read, span }: PageWish, context: Context): void {
    const limit = { rows: span.rows, bytes: PAGE_BYTES }
    context.scan(this.#replica.data.versionSpan(span), limit, `${TAG}${number} ${read}`)
  }

  #answer(waiter: Waiter, answer: RegionAnswer, context: Context): void {
    this.#count -= 1
    const done: RegionReadDone = { kind: 'region.read-done', answer }
    context.answerNow(waiter.question, done)
  }

  #refuseEpoch(waiter: Waiter, context: Context): boolean {
    const refusal = epochRefusal(this.#replica, waiter.epoch, 'data')
    if (refusal === undefined) return false
    this.#count -= 1
    refuse(waiter.question, refusal, context)
    return true
  }

  #refuse(waiter: Waiter, context: Context): void {
    this.#count -= 1
    const refusal = this.#leadership.refusal() ?? { reason: 'not-ready' }
    refuse(waiter.question, refusal, context)
  }
}

/** Versions that a snapshot so old would see may be gone. */
const tooOld = ({ at }: { readonly at: Timestamp | undefined }, safePoint: Timestamp) =>
  at !== undefined && at < safePoint ? ({ op: 'too-old', safePoint } as const) : undefined
