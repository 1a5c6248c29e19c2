/**
 * The first phase: the primary's batch is locked before any other, so that whoever meets a lock finds its primary.
 * A batch that a split tears apart is grouped anew.
 */

import { must } from '../../base/assert.ts'
import type { Lock, RegionResult, Timestamp } from '../region/types.ts'
import { type Aborted, aborted, conflicting, unanswered } from './aborted.ts'
import type { Asking } from './asking.ts'
import { type Batch, holds, mutationBytes, mutationsOf } from './batches.ts'
import { LOCK_TRIES_MAX, lockPauseMs, lockTtlMs } from './patience.ts'
import type { TxnAnswer, TxnMutation, TxnSpec } from './types.ts'

/** How it ends: in one of these ways, once. */
export interface LockingEnd {
  /** All of it is locked. */
  locked(): void
  /** It is committed: in one phase, now or by an earlier arrival of the same words. */
  committed(at: Timestamp): void
  failed(why: Aborted): void
}

export class Locking {
  readonly #asking: Asking
  readonly #end: LockingEnd
  readonly #spec: TxnSpec
  readonly #primary: TxnMutation
  readonly ttlMs: number
  #queue: Batch[] = []
  /** Sent, and not known to be refused: there may be locks. */
  readonly held = new Set<Batch>()
  #locking = 0
  primaryLocked = false
  /** It was sent to be committed in one phase, and nobody has said what came of that. */
  maybeCommitted = false
  #over = false

  constructor(spec: TxnSpec, asking: Asking, end: LockingEnd) {
    this.#spec = spec
    this.#asking = asking
    this.#end = end
    this.#primary = must(spec.mutations[0], 'a transaction writes something')
    this.ttlMs = lockTtlMs(spec.mutations.reduce((sum, it) => sum + mutationBytes(it), 0))
    this.#enqueue(spec.mutations)
  }

  #enqueue(mutations: readonly TxnMutation[]): void {
    this.#locking += 1
    this.#asking.group(
      mutations,
      (batches) => {
        this.#locking -= 1
        this.#queue.push(...batches)
        this.#advance()
      },
      (answer) => this.#fail(unanswered(answer)),
    )
  }

  #advance(): void {
    if (this.#over) return
    if (this.primaryLocked) {
      for (const batch of this.#queue.splice(0)) this.#lock(batch, 0)
      if (this.#locking === 0) this.#finish(() => this.#end.locked())
    } else if (this.#locking === 0) {
      const first = this.#queue.find((batch) => holds(batch, this.#primary))
      this.#queue = this.#queue.filter((batch) => batch !== first)
      this.#lock(must(first, 'some batch holds the primary'), 0)
    }
  }

  #lock(batch: Batch, tries: number): void {
    const { start, elapsedMs } = this.#spec
    const { key: primary, namespace: primaryNamespace } = this.#primary
    const mutations = mutationsOf(batch)
    const onePhase = mutations.length === this.#spec.mutations.length
    const { maybeCommitted } = this
    const ttlMs = elapsedMs + this.ttlMs
    this.#locking += 1
    this.held.add(batch)
    this.maybeCommitted ||= onePhase
    this.#asking.command(
      batch.namespace,
      batch.keys,
      { op: 'prewrite', start, primary, primaryNamespace, ttlMs, mutations, onePhase },
      (answer) => {
        this.#locking -= 1
        if (this.#over) return
        if (answer.type === 'failed') this.maybeCommitted = maybeCommitted
        if (answer.type === 'result') this.#result(batch, answer.result, tries)
        else if (answer.type === 'moved') this.#torn(batch)
        else this.#fail(unanswered(answer))
      },
    )
  }

  /** Any result but `undetermined` also says that it was not committed before, or when. */
  #result(batch: Batch, result: RegionResult, tries: number): void {
    if (result.op === 'undetermined') {
      this.#fail(aborted('failed', undefined, 'its start lies below the safe point', true))
      return
    }
    this.maybeCommitted = false
    if (result.op === 'prewritten') {
      this.#prewritten(batch, result.committed)
      return
    }
    this.held.delete(batch)
    if (result.op === 'locked') this.#waitFor(batch, result.locks, tries)
    else if (result.op === 'conflict') this.#fail(conflicting(result))
    else this.#fail(aborted('failed', undefined, `a first phase came to ${result.op}`, false))
  }

  #prewritten(batch: Batch, committed: Timestamp | undefined): void {
    if (committed !== undefined) {
      this.#finish(() => this.#end.committed(committed))
      return
    }
    this.primaryLocked ||= holds(batch, this.#primary)
    this.#advance()
  }

  #torn(batch: Batch): void {
    this.held.delete(batch)
    this.#enqueue(batch.mutations)
  }

  #waitFor(batch: Batch, locks: readonly Lock[], tries: number): void {
    if (tries >= LOCK_TRIES_MAX) {
      this.#fail(aborted('locked', locks[0]?.key, 'another transaction holds the key', true))
      return
    }
    this.#locking += 1
    const again = (): void => {
      this.#locking -= 1
      if (!this.#over) this.#lock(batch, tries + 1)
    }
    const { namespace } = batch
    this.#asking.ask({ type: 'clear', namespace, locks }, (answer) => {
      if (answer.type !== 'cleared') this.#fail(unanswered(answer))
      else if (answer.wait) this.#pause(lockPauseMs(tries), again)
      else again()
    })
  }

  #pause(ms: number, then: () => void): void {
    this.#asking.ask({ type: 'pause', ms }, (answer: TxnAnswer) => {
      if (answer.type === 'paused') then()
      else this.#fail(unanswered(answer))
    })
  }

  #fail(why: Aborted): void {
    this.#finish(() => this.#end.failed(why))
  }

  #finish(tell: () => void): void {
    if (this.#over) return
    this.#over = true
    tell()
  }
}
