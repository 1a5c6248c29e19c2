/** A clock that moves when it is told to. */

import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/ports/clock.ts'

export class ManualClock implements Clock {
  #nowMs = 1
  #wallOffsetMs: number

  constructor(wallMs = 1_700_000_000_000) {
    this.#wallOffsetMs = wallMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs
  }

  advanceTo(monotonicMs: number): void {
    assert(monotonicMs >= this.#nowMs, 'monotonic time never goes back')
    this.#nowMs = monotonicMs
  }

  /** The date jumps; monotonic time does not. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs
  }
}
