/**
 * From being elected to serving. A new leader first applies all that earlier ones left, which is once its own
 * first entry is applied; then it draws a timestamp: nothing that others read or wrote before lies above it.
 * Only then it has an evaluator, and takes reads and writes.
 */

import type { CommandEvaluator } from '../../core/region/evaluation.ts'
import { Evaluator } from '../../core/region/evaluator.ts'
import { physicalMs } from '../../core/region/timestamps.ts'
import type { RegionRefusal, Timestamp } from '../../core/region/types.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import type { OracleStampsAre } from '../../wire/messages/oracle.ts'
import { askStamps } from './oracle.ts'
import type { Replica } from './replica.ts'

const TAG = 'max-ts:'

export class Leadership {
  readonly #replica: Replica
  #evaluator: CommandEvaluator | undefined
  /** The term for which a timestamp was asked; 0: none is under way. */
  #drawing = 0
  #clock = { oracleMs: 0, nowMs: 0 }

  constructor(replica: Replica) {
    this.#replica = replica
  }

  /** Of this term's leader once it serves. */
  get evaluator(): CommandEvaluator | undefined {
    return this.#evaluator
  }

  /** Leads and does not serve yet: until then the group must not sleep, or nobody asks the oracle again. */
  get waiting(): boolean {
    return this.#replica.leads && this.#evaluator === undefined
  }

  get maxTs(): Timestamp {
    return this.#evaluator?.maxTs ?? this.#replica.state.highestCommit
  }

  /** Why nothing can be asked here now; undefined: it can. */
  refusal(): RegionRefusal | undefined {
    const { leads, self, leader, leaderNode } = this.#replica
    if (!leads) {
      return { reason: 'not-leader', leader: leader === self ? undefined : leaderNode }
    }
    return this.#evaluator === undefined ? { reason: 'not-ready' } : undefined
  }

  /** Leadership, or the state below it, is not what it was. Gives the evaluator that is over. */
  end(): CommandEvaluator | undefined {
    const over = this.#evaluator
    this.#evaluator = undefined
    this.#drawing = 0
    over?.close()
    return over
  }

  /** After each apply and at each tick: begins to serve as soon as it may. */
  advance(context: Context): void {
    const { leads, term, whole, state } = this.#replica
    if (!leads || !whole || this.#evaluator !== undefined || this.#drawing === term) return
    if (state.appliedTerm !== term) return
    this.#drawing = term
    askStamps(1, `${TAG}${term}`, context)
  }

  ownsTag(tag: string): boolean {
    return tag.startsWith(TAG)
  }

  /** Asked again at the next tick if there was no answer. */
  drawn(tag: string, outcome: AskOutcome, context: Context): void {
    const term = Number(tag.slice(TAG.length))
    if (this.#drawing !== term || !this.#replica.leads || this.#replica.term !== term) return
    this.#drawing = 0
    if (!outcome.ok || outcome.message.kind !== 'oracle.stamps-are') return
    const { first } = outcome.message as OracleStampsAre
    this.clock(first, context)
    this.#evaluator = new Evaluator(this.#replica.state, first)
  }

  /** The oracle's time was this a moment ago. */
  clock(stamp: Timestamp, { nowMs }: Context): void {
    this.#clock = { oracleMs: physicalMs(stamp), nowMs }
  }

  /** The oracle's time, or a little before it: what expires, expires by that. */
  clockMs({ nowMs }: Context): number {
    return this.#clock.oracleMs + nowMs - this.#clock.nowMs
  }
}
