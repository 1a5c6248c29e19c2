/** The `grpc-timeout` field, and many deadlines on one timer. */

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
}

/** Milliseconds; undefined when the text is none of the protocol's. */
export function parseTimeout(text: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text)
  return match ? Number(match[1]) * (UNIT_MS[match[2] as string] as number) : undefined
}

const GRAIN_MS = 50

/**
 * Deadlines rounded up to a grain: a call costs a set's entry, not a timer of its own. One ticking timer
 * while any are set.
 */
export class Deadlines<Call extends { expired(): void }> {
  readonly #byTick = new Map<number, Set<Call>>()
  #timer: NodeJS.Timeout | undefined
  #seenTick = 0

  /** Returns what `cancel` wants back. */
  set(call: Call, afterMs: number): number {
    const tick = Math.ceil((performance.now() + afterMs) / GRAIN_MS) + 1
    let calls = this.#byTick.get(tick)
    if (!calls) {
      calls = new Set()
      this.#byTick.set(tick, calls)
    }
    calls.add(call)
    if (!this.#timer) this.#begin()
    return tick
  }

  cancel(call: Call, tick: number): void {
    const calls = this.#byTick.get(tick)
    if (!calls?.delete(call) || calls.size > 0) return
    this.#byTick.delete(tick)
  }

  #begin(): void {
    this.#seenTick = Math.floor(performance.now() / GRAIN_MS)
    this.#timer = setInterval(() => this.#tick(), GRAIN_MS)
    this.#timer.unref()
  }

  #tick(): void {
    const now = Math.floor(performance.now() / GRAIN_MS)
    while (this.#seenTick < now) {
      this.#seenTick++
      const calls = this.#byTick.get(this.#seenTick)
      if (!calls) continue
      this.#byTick.delete(this.#seenTick)
      for (const call of calls) call.expired()
    }
    if (this.#byTick.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
