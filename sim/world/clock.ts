/**
 * The clocks of one node. The monotonic one runs a little fast or slow and never goes back; the wall
 * clock follows it with a skew, and jumps either way.
 */

import type { Clock } from '../../src/base/ports/clock.ts'
import type { Kernel } from './kernel.ts'

/** 1 November 2026: where simulated dates begin. */
const EPOCH_MS = 1_793_491_200_000
const MILLION = 1_000_000

export interface ClockFault {
  /** Parts per million by which the monotonic clock is too fast. */
  readonly driftPpm: number
  /** Milliseconds by which the date is ahead. */
  readonly skewMs: number
}

export class NodeClock implements Clock {
  readonly #kernel: Kernel
  #driftPpm: number
  #skewMs: number
  /** Where the present drift began: true and own time. */
  #fromTrueUs = 0
  #fromOwnUs: number

  constructor(kernel: Kernel, fault: ClockFault, startUs: number) {
    this.#kernel = kernel
    this.#driftPpm = fault.driftPpm
    this.#skewMs = fault.skewMs
    this.#fromOwnUs = startUs
  }

  monotonicMs(): number {
    return Math.floor(this.#ownUs() / 1000)
  }

  wallMs(): number {
    return EPOCH_MS + this.monotonicMs() + this.#skewMs
  }

  /** The date jumps by this much; the monotonic clock does not. */
  jump(byMs: number): void {
    this.#skewMs += byMs
  }

  setDrift(ppm: number): void {
    this.#fromOwnUs = this.#ownUs()
    this.#fromTrueUs = this.#kernel.nowUs
    this.#driftPpm = ppm
  }

  /** The first true microsecond at which `monotonicMs` is `ownMs` or more. */
  trueTimeUs(ownMs: number): number {
    const ahead = Math.ceil(ownMs * 1000) - this.#fromOwnUs
    if (ahead <= 0) return this.#kernel.nowUs
    const trueAhead = Math.ceil((ahead * MILLION) / (MILLION + this.#driftPpm))
    return Math.max(this.#kernel.nowUs, this.#fromTrueUs + trueAhead)
  }

  #ownUs(): number {
    const passed = this.#kernel.nowUs - this.#fromTrueUs
    return this.#fromOwnUs + Math.floor((passed * (MILLION + this.#driftPpm)) / MILLION)
  }
}
