/**
 * Reads of this node's clients: ranges, and transactions of nothing else. A linearizable one waits for a
 * read index, all of one turn sharing one, and until that index is applied here; then it runs like a
 * serializable one: the index walk in steps, values from the cache or fetched off the thread. Also
 * confirms leadership for the lease expirer.
 */

import type { ReadScan } from '../../core/kv/range-scan.ts'
import { isSerializable } from '../../core/kv/txn-scan.ts'
import type { KvError, RangeResponse, TxnResponse } from '../../core/kv/types.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import type {
  GroupConfirmed,
  KvFailed,
  KvRange,
  KvRangeDone,
  KvView,
  KvViewDone,
} from '../../wire/messages/group.ts'
import { refuse } from '../refuse.ts'
import type { Replica } from './replica.ts'
import type { Values } from './values.ts'

type Read = KvRange | KvView
type Scan = ReadScan<RangeResponse> | ReadScan<TxnResponse>

/** What wants a read index: a read, or (without one) the word that this member leads. */
interface Waiter {
  readonly read: Read | undefined
  readonly question: Question
  readonly deadlineMs: number
}

interface Batch {
  readonly index: number
  readonly waiters: readonly Waiter[]
}

/** A scan too long for one go. */
interface Walking {
  readonly read: Read
  readonly scan: Scan
  readonly question: Question
}

/** Keys looked at in one go, before others have theirs. */
const STEP_KEYS = 2000

export class Reads {
  readonly #replica: Replica
  readonly #values: Values
  #asked: Waiter[] = []
  readonly #confirming = new Map<number, readonly Waiter[]>()
  /** Confirmed, but their index is not applied yet; ascending. */
  #behind: Batch[] = []
  #walking: Walking[] = []
  #token = 0

  constructor(replica: Replica, values: Values) {
    this.#replica = replica
    this.#values = values
  }

  get waiting(): number {
    let count = this.#asked.length + this.#walking.length
    for (const waiters of this.#confirming.values()) count += waiters.length
    for (const batch of this.#behind) count += batch.waiters.length
    return count
  }

  take(read: Read, question: Question, context: Context): void {
    const local =
      read.kind === 'kv.range' ? read.request.serializable : isSerializable(read.request)
    if (local) this.#start(read, question, context)
    else this.#ask(read, question, context)
  }

  confirm(question: Question, context: Context): void {
    if (!this.#replica.leads) {
      this.#answerConfirm(question, 0, context)
      return
    }
    this.#ask(undefined, question, context)
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
    const waiters = this.#confirming.get(token)
    if (waiters === undefined) return
    this.#confirming.delete(token)
    this.#behind.push({ index, waiters })
    this.applied(context)
  }

  /** Not served: asked again at the next tick, as long as there is time. */
  refused(token: number, context: Context): void {
    for (const waiter of this.#confirming.get(token) ?? []) {
      if (waiter.read === undefined) this.#answerConfirm(waiter.question, 0, context)
      else this.#asked.push(waiter)
    }
    this.#confirming.delete(token)
  }

  /** More is applied: whoever waited for it goes on. */
  applied(context: Context): void {
    if (!this.#replica.serving) return
    const applied = this.#replica.kv.appliedIndex
    if (!this.#behind.some((batch) => batch.index <= applied)) return
    const ready = this.#behind.filter((batch) => batch.index <= applied)
    this.#behind = this.#behind.filter((batch) => batch.index > applied)
    for (const batch of ready) {
      for (const { read, question } of batch.waiters) {
        if (read !== undefined) this.#start(read, question, context)
        else this.#answerConfirm(question, this.#replica.leads ? this.#replica.term : 0, context)
      }
    }
  }

  /** Goes on with the longest-waiting long scan. */
  walk(context: Context): void {
    const next = this.#walking.shift()
    if (next === undefined) return
    if (next.scan.step(STEP_KEYS)) this.#collect(next, context)
    else this.#walking.push(next)
    if (this.#walking.length > 0) this.#replica.flushSoon(context)
  }

  expire(context: Context): void {
    const alive = (waiter: Waiter): boolean => {
      if (waiter.deadlineMs > context.nowMs) return true
      const beganMs = waiter.deadlineMs - this.#replica.options.limits.requestTimeoutMs
      refuse(waiter.question, this.#replica.timeoutReason(beganMs), context)
      return false
    }
    this.#asked = this.#asked.filter(alive)
    this.#behind = this.#behind
      .map(({ index, waiters }) => ({ index, waiters: waiters.filter(alive) }))
      .filter((batch) => batch.waiters.length > 0)
    for (const [token, waiters] of this.#confirming) {
      const left = waiters.filter(alive)
      if (left.length > 0) this.#confirming.set(token, left)
      else this.#confirming.delete(token)
    }
  }

  /** The machine is about to be replaced by a snapshot: what walks it must not go on. */
  interrupt(context: Context): void {
    for (const { scan, question } of this.#walking) {
      scan.release()
      refuse(question, 'no-leader', context)
    }
    this.#walking = []
  }

  #ask(read: Read | undefined, question: Question, context: Context): void {
    const { limits } = this.#replica.options
    if (this.waitingRoughly >= limits.maxWaiting) {
      refuse(question, 'overloaded', context)
      return
    }
    const deadlineMs = context.nowMs + limits.requestTimeoutMs
    this.#asked.push({ read, question, deadlineMs })
    this.#replica.flushSoon(context)
  }

  /** Without walking the batches: for admission. */
  get waitingRoughly(): number {
    return this.#asked.length + this.#walking.length + this.#behind.length + this.#confirming.size
  }

  #start(read: Read, question: Question, context: Context): void {
    if (!this.#replica.serving) {
      refuse(question, 'no-leader', context)
      return
    }
    const scan = this.#begin(read, context)
    if (typeof scan === 'string') {
      const failed: KvFailed = { kind: 'kv.failed', header: this.#replica.header(), error: scan }
      context.answerNow(question, failed)
      return
    }
    const walking = { read, scan, question }
    if (scan.done || scan.step(STEP_KEYS)) {
      this.#collect(walking, context)
      return
    }
    this.#walking.push(walking)
    this.#replica.flushSoon(context)
  }

  #begin(read: Read, context: Context): Scan | KvError {
    const { kv } = this.#replica
    if (read.kind === 'kv.range') return kv.beginRange(read.request)
    return kv.beginView(read.request, this.#values.reader(context))
  }

  #collect({ read, scan, question }: Walking, context: Context): void {
    const header = this.#replica.header()
    this.#values.get(scan.rows, context, (values, later) => {
      scan.release()
      if (values === undefined) {
        refuse(question, 'no-leader', later)
        return
      }
      const response = scan.finish(values)
      const kind = read.kind === 'kv.range' ? 'kv.range-done' : 'kv.view-done'
      later.answerNow(question, { kind, header, response } as KvRangeDone | KvViewDone)
    })
  }

  #answerConfirm(question: Question, term: number, context: Context): void {
    const revision = this.#replica.kv.revision
    const confirmed: GroupConfirmed = { kind: 'group.confirmed', term, revision }
    context.answerNow(question, confirmed)
  }
}
