/** Who waits for timestamps, and how many one question may ask for them. */

import { MAX_STAMPS } from '../../core/oracle/oracle.ts'
import type { Question } from '../../runtime/actor.ts'

export interface Waiter {
  readonly question: Question
  readonly count: number
  readonly deadlineMs: number
}

export const total = (waiters: readonly Waiter[]): number =>
  waiters.reduce((sum, { count }) => sum + count, 0)

/** In order, none of more timestamps than one question may ask for. */
export function inBatches(waiters: readonly Waiter[]): readonly (readonly Waiter[])[] {
  const batches: Waiter[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const waiter of waiters) {
    if (size + waiter.count > MAX_STAMPS) {
      batches.push([])
      size = 0
    }
    batches.at(-1)?.push(waiter)
    size += waiter.count
  }
  return batches
}
