/**
 * One call's patience: until when it tries, how long it waits for an answer, and between tries. Pauses grow while
 * nothing moves; the first try again comes at once.
 */

import type { Outside } from '../../runtime/outside.ts'
import type { Problem } from './outcome.ts'

const LONGEST_PAUSE_MS = 200
/** A node that does not answer may be dead; one that is slow answers the second or third time. */
const FIRST_TRY_MS = 700
const LONGEST_TRY_MS = 3000

export class Attempt {
  readonly #outside: Outside
  readonly #untilMs: number
  #tries = 0
  #unanswered = 0

  constructor(outside: Outside, timeoutMs: number) {
    this.#outside = outside
    this.#untilMs = outside.nowMs() + timeoutMs
  }

  /** How often nothing moved in a row. */
  get tries(): number {
    return this.#tries
  }

  /** Milliseconds that are left, at least one. */
  get leftMs(): number {
    return Math.max(1, this.#untilMs - this.#outside.nowMs())
  }

  /** So long one node is waited for, when others may be asked after it. */
  get tryMs(): number {
    return Math.min(this.leftMs, LONGEST_TRY_MS, FIRST_TRY_MS * 2 ** this.#unanswered)
  }

  unanswered(): void {
    this.#unanswered++
  }

  progressed(): void {
    this.#tries = 0
  }

  /** `retry` after a pause of at least so long; `end` when that would be too late. */
  again(
    atLeastMs: number,
    problem: Problem,
    retry: () => void,
    end: (problem: Problem) => void,
  ): void {
    const pauseMs = Math.max(atLeastMs, this.#pauseMs())
    this.#tries++
    if (pauseMs === 0) retry()
    else if (pauseMs >= this.leftMs || !this.#outside.later(pauseMs, retry)) end(problem)
  }

  #pauseMs(): number {
    return this.#tries === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, 2 ** this.#tries)
  }
}
