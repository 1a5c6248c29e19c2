/** Counts a peer's resets: a burst is allowed, then so many a second; more is an attack. */

const BURST = 10_000
const PER_SECOND = 1_000

export class ResetGuard {
  #tokens = BURST
  #lastMs = 0

  allows(nowMs: number): boolean {
    const earned = ((nowMs - this.#lastMs) / 1000) * PER_SECOND
    this.#tokens = Math.min(BURST, this.#tokens + earned) - 1
    this.#lastMs = nowMs
    return this.#tokens >= 0
  }
}
