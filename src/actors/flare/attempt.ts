/**
 * One call's patience: until when it tries, and how long it waits between tries. Pauses grow while nothing
 * moves; the first try again comes at once.
 */

import type { Outside } from '../../runtime/outside.ts'
import type { Problem } from './outcome.ts'

const LONGEST_PAUSE_MS = 200

export class Attempt {
  readonly #outside: Outside
  readonly #untilMs: number
  #tries = 0

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
