/**
 * Committing a transaction: lock all of its keys, draw the commit timestamp, commit the primary, which decides it all,
 * then the rest. Where one region holds all of it, one phase does.
 *
 * Promises: `end` comes once; committed and aborted are certain, and the one case that cannot be is called
 * undetermined. What an aborted one may have locked is taken back before it is told, as far as anybody answers.
 * Leaves to others: everything that takes time; locks that stayed, which whoever meets them resolves.
 */

import { must } from '../../base/assert.ts'
import type { Timestamp } from '../region/types.ts'
import { type Aborted, aborted, conflicting, unanswered } from './aborted.ts'
import { Asking } from './asking.ts'
import { type Batch, holds, keysFrom } from './batches.ts'
import { Locking } from './locking.ts'
import { COMMIT_TRIES_MAX } from './patience.ts'
import type { TxnAnswer, TxnAsk, TxnMutation, TxnOutcome, TxnSpec } from './types.ts'

export class TxnCommit {
  readonly #start: Timestamp
  readonly #primary: TxnMutation
  readonly #asking = new Asking()
  readonly #locking: Locking
  /** What is locked, once all of it is. */
  #locked: readonly Batch[] = []
  #rollbacks = 0
  #ended = false

  constructor(spec: TxnSpec) {
    this.#start = spec.start
    this.#primary = must(spec.mutations[0], 'a transaction writes something')
    this.#locking = new Locking(spec, this.#asking, {
      locked: () => {
        this.#locked = [...this.#locking.held]
        this.#drawCommit(0)
      },
      committed: (at) => this.#end({ type: 'committed', at }),
      failed: (why) => this.#abort(why, this.#locking.maybeCommitted),
    })
  }

  /** How long its locks last unless `keepAlive` is called: at half of it. */
  get ttlMs(): number {
    return this.#locking.ttlMs
  }

  take(): readonly TxnAsk[] {
    return this.#asking.take()
  }

  answer(ask: number, answer: TxnAnswer): void {
    this.#asking.answer(ask, answer)
  }

  /** It is still at work, so long after its start by the clock of the oracle. */
  keepAlive(sinceStartMs: number): void {
    if (!this.#locking.primaryLocked || this.#ended) return
    const { namespace, key: primary } = this.#primary
    const ttlMs = sinceStartMs + this.ttlMs
    const command = { op: 'txn-alive', primary, start: this.#start, ttlMs } as const
    this.#asking.command(namespace, [primary], command, () => {})
  }

  #drawCommit(tries: number): void {
    if (tries >= COMMIT_TRIES_MAX) {
      const why = aborted('failed', this.#primary.key, 'readers always came before it', true)
      this.#abort(why, false)
      return
    }
    this.#asking.ask({ type: 'stamp' }, (answer) => {
      if (answer.type === 'stamp') this.#commitPrimary(answer.stamp, tries)
      else this.#abort(unanswered(answer), false)
    })
  }

  /** From the moment this is sent, only its answer tells. */
  #commitPrimary(commit: Timestamp, tries: number): void {
    const batch = must(
      this.#locked.find((it) => holds(it, this.#primary)),
      'the primary is locked',
    )
    const keys = keysFrom(batch, this.#primary.key)
    const command = { op: 'commit', start: this.#start, commit, keys } as const
    this.#asking.command(batch.namespace, keys, command, (answer) => {
      if (answer.type === 'moved') this.#primaryTorn(batch, commit, tries)
      else if (answer.type === 'failed') this.#abort(unanswered(answer), false)
      else if (answer.type === 'result') this.#answered(batch, answer.result, commit, tries)
      else this.#end({ type: 'undetermined' })
    })
  }

  #answered(
    batch: Batch,
    result: Extract<TxnAnswer, { type: 'result' }>['result'],
    commit: Timestamp,
    tries: number,
  ): void {
    if (result.op === 'committed') {
      this.#end({ type: 'committed', at: commit })
      for (const rest of this.#locked) if (rest !== batch) this.#commitRest(rest, commit)
    } else if (result.op !== 'conflict') {
      this.#end({ type: 'undetermined' })
    } else if (result.reason === 'commit-too-low') {
      this.#drawCommit(tries + 1)
    } else {
      this.#abort(conflicting(result), false)
    }
  }

  /** Its region was split. An earlier arrival of the commit may have come before that. */
  #primaryTorn(batch: Batch, commit: Timestamp, tries: number): void {
    this.#asking.group(
      batch.mutations,
      (parts) => {
        this.#locked = [...this.#locked.filter((it) => it !== batch), ...parts]
        this.#commitPrimary(commit, tries)
      },
      () => this.#end({ type: 'undetermined' }),
    )
  }

  /** Whoever meets what is left of it finds its primary committed. */
  #commitRest(batch: Batch, commit: Timestamp): void {
    const { namespace, keys, mutations } = batch
    const command = { op: 'commit', start: this.#start, commit, keys } as const
    this.#asking.command(namespace, keys, command, (answer) => {
      if (answer.type !== 'moved') return
      const again = (parts: readonly Batch[]): void => {
        for (const part of parts) this.#commitRest(part, commit)
      }
      this.#asking.group(mutations, again, () => {})
    })
  }

  /** What may be committed is not touched: no part of it may be taken back. */
  #abort(why: Aborted, maybeCommitted: boolean): void {
    if (maybeCommitted) {
      this.#end({ type: 'undetermined' })
      return
    }
    const told = (): void => {
      if (this.#rollbacks === 0) this.#end(why)
    }
    for (const batch of this.#locking.held) this.#rollBack(batch, told)
    told()
  }

  #rollBack(batch: Batch, then: () => void): void {
    const { namespace, keys, mutations } = batch
    const command = { op: 'rollback', start: this.#start, keys } as const
    this.#rollbacks += 1
    const done = (): void => {
      this.#rollbacks -= 1
      then()
    }
    this.#asking.command(namespace, keys, command, (answer) => {
      if (answer.type !== 'moved') {
        done()
        return
      }
      const again = (parts: readonly Batch[]): void => {
        for (const part of parts) this.#rollBack(part, then)
        done()
      }
      this.#asking.group(mutations, again, done)
    })
  }

  #end(outcome: TxnOutcome): void {
    if (this.#ended) return
    this.#ended = true
    this.#asking.end(outcome)
  }
}
