/**
 * Drops what compactions superseded, a few versions at a time, and gives way to everything else; tells
 * those who wait for it when it is done here.
 */

import type { KvWrite } from '../../core/kv/applied.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import { kvOps } from '../../storage/kvrows.ts'
import type { KvScrubbed, KvScrubbedDone } from '../../wire/messages/group.ts'
import { refuse } from '../refuse.ts'
import type { Admission } from './admission.ts'
import type { Reclaim } from './reclaim.ts'
import type { Replica } from './replica.ts'

interface Waiter {
  readonly revision: number
  readonly question: Question
  readonly deadlineMs: number
}

const TIMER = 'scrub'

export class Scrubber {
  readonly #replica: Replica
  readonly #admission: Admission
  readonly #reclaim: Reclaim
  #waiters: Waiter[] = []
  #timed = false

  constructor(replica: Replica, admission: Admission, reclaim: Reclaim) {
    this.#replica = replica
    this.#admission = admission
    this.#reclaim = reclaim
  }

  get waiting(): number {
    return this.#waiters.length
  }

  take({ revision }: KvScrubbed, question: Question, context: Context): void {
    const { requestTimeoutMs, maxWaiting } = this.#replica.options.limits
    if (this.#waiters.length >= maxWaiting) {
      refuse(question, 'overloaded', context)
      return
    }
    this.#waiters.push({ revision, question, deadlineMs: context.nowMs + requestTimeoutMs })
    this.#tell(context)
    this.#replica.flushSoon(context)
  }

  ownsTimer(name: string): boolean {
    return name === TIMER
  }

  /** Goes on after a pause, if there is anything to drop. */
  soon(context: Context): void {
    if (this.#timed || !this.#replica.serving || !this.#replica.kv.scrubbing) return
    this.#timed = true
    context.setTimer(TIMER, this.#replica.options.limits.scrubPauseMs)
  }

  step(context: Context): void {
    this.#timed = false
    const { serving, kv, keys, options } = this.#replica
    if (!serving) return
    if (this.#admission.takesBulk(context)) {
      const drops = kv.scrubStep(options.limits.scrubRows)
      context.writeLazily(kvOps(keys, drops))
      this.#reclaim.dropped(drops.flatMap(atOf), kv.keyCount, context)
      this.#tell(context)
    }
    this.soon(context)
  }

  expire(context: Context): void {
    this.#waiters = this.#waiters.filter(({ deadlineMs, question }) => {
      if (deadlineMs > context.nowMs) return true
      refuse(question, 'timeout', context)
      return false
    })
  }

  #tell(context: Context): void {
    const { kv } = this.#replica
    const done: KvScrubbedDone = { kind: 'kv.scrubbed-done', header: this.#replica.header() }
    this.#waiters = this.#waiters.filter(({ revision, question }) => {
      if (kv.scrubbedRevision < revision) return true
      context.answerNow(question, done)
      return false
    })
  }
}

const atOf = (write: KvWrite) => (write.row === 'drop' ? [write.at] : [])
