/** Questions that wait for their answers, by number. */

import { must } from '../../base/assert.ts'
import type { Bytes } from '../../base/bytes.ts'
import type { NamespaceId, RegionCommand } from '../region/types.ts'
import { type Batch, batchesOf } from './batches.ts'
import type { TxnAnswer, TxnAsk, TxnMutation, TxnOutcome } from './types.ts'

type Numbered = Exclude<TxnAsk, { type: 'end' }>
/** A question as its asker words it. */
type Question = Numbered extends infer Ask
  ? Ask extends Numbered
    ? Omit<Ask, 'ask'>
    : never
  : never

export class Asking {
  #asks: TxnAsk[] = []
  readonly #waiting = new Map<number, (answer: TxnAnswer) => void>()
  #number = 0

  ask(question: Question, then: (answer: TxnAnswer) => void): void {
    this.#number += 1
    this.#waiting.set(this.#number, then)
    this.#asks.push({ ...question, ask: this.#number } as Numbered)
  }

  command(
    namespace: NamespaceId,
    keys: readonly Bytes[],
    command: RegionCommand,
    then: (answer: TxnAnswer) => void,
  ): void {
    this.ask({ type: 'command', namespace, keys, command }, then)
  }

  /** Into batches that each lie in one region; or why nobody can say. */
  group(
    mutations: readonly TxnMutation[],
    then: (batches: readonly Batch[]) => void,
    otherwise: (answer: TxnAnswer) => void,
  ): void {
    this.ask({ type: 'group', mutations }, (answer) => {
      if (answer.type === 'grouped') then(batchesOf(answer.parts))
      else otherwise(answer)
    })
  }

  end(outcome: TxnOutcome): void {
    this.#asks.push({ type: 'end', outcome })
  }

  answer(ask: number, answer: TxnAnswer): void {
    const then = must(this.#waiting.get(ask), `question ${ask} waits for an answer`)
    this.#waiting.delete(ask)
    then(answer)
  }

  take(): readonly TxnAsk[] {
    const asks = this.#asks
    this.#asks = []
    return asks
  }
}
