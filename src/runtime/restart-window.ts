/** How often an actor may be restarted, and how long each restart waits. Pure. */

import type { RestartPolicy } from './supervision.ts'

export class RestartWindow {
  readonly #policy: RestartPolicy
  /** Monotonic times of the restarts within the last period. */
  #times: number[] = []

  constructor(policy: RestartPolicy) {
    this.#policy = policy
  }

  get count(): number {
    return this.#times.length
  }

  /** Another throw: how long to wait before the next life, or `failed` if there were too many. */
  next(nowMs: number): number | 'failed' {
    const { delayMs, maxDelayMs, intensity, periodMs } = this.#policy
    this.#times = this.#times.filter((at) => at > nowMs - periodMs)
    if (this.#times.length >= intensity) return 'failed'
    const delay = Math.min(maxDelayMs, delayMs * 2 ** this.#times.length)
    this.#times.push(nowMs)
    return delay
  }
}
