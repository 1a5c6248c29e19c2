/**
 * The timestamp oracle's machine: gives ranges of timestamps below a window that lies on disk. Pure; it is
 * told the wall clock and trusts it only as far as time going on: a clock that falls back or stands still
 * makes the counter run on, a clock that jumps ahead takes the timestamps with it.
 *
 * ORACLE-I1: every timestamp is greater than all given before it in this leadership. ORACLE-I2: none is at
 * or above the window's end on disk. ORACLE-I3: a leadership begins at or above the end it found there.
 * So whoever leads next begins above all that was ever given. Nothing survives `resign`.
 */

import { assert } from '../../base/assert.ts'
import { compose, later, physicalMs } from '../region/timestamps.ts'
import { type Timestamp, timestamp } from '../region/types.ts'

/** Of one request. */
export const MAX_STAMPS = 1 << 20

interface Reign {
  readonly term: number
  next: Timestamp
  /** Timestamps of this millisecond are not reserved any more. */
  endMs: number
}

export class Oracle {
  readonly #windowMs: number
  #reign: Reign | undefined

  constructor(windowMs: number) {
    assert(windowMs >= 100, 'a window holds what one request may ask for, more than once')
    this.#windowMs = windowMs
  }

  /** The term in which it gives timestamps. */
  get term(): number | undefined {
    return this.#reign?.term
  }

  /** This term's window is on disk: it ends at `endMs`, the one found there ended at `foundMs`. */
  reign(term: number, foundMs: number, endMs: number): void {
    assert(endMs > foundMs, 'a window begins where the one before it ended')
    this.#reign = { term, next: compose(foundMs, 0), endMs }
  }

  /** Another leads, or the window's fate is unknown: all of it is forgotten. */
  resign(): void {
    this.#reign = undefined
  }

  /** The first of `count` timestamps; undefined: they do not fit below the window's end. */
  take(count: number, wallMs: number): Timestamp | undefined {
    const reign = this.#reign
    assert(reign !== undefined && count > 0, 'who reigns gives timestamps')
    const first = later(compose(wallMs, 0), reign.next)
    const next = timestamp(first + BigInt(count))
    if (next > compose(reign.endMs, 0)) return undefined
    reign.next = next
    return first
  }

  /** Where the window should end; undefined while half of it is left. */
  extension(wallMs: number): number | undefined {
    if (this.#reign === undefined) return undefined
    const { next, endMs } = this.#reign
    const usedMs = Math.max(wallMs, physicalMs(next))
    return usedMs < endMs - this.#windowMs / 2 ? undefined : this.endFor(wallMs, usedMs)
  }

  /** Where a window ends that begins now, or where the one before it ended. */
  endFor(wallMs: number, foundMs: number): number {
    return Math.max(wallMs, foundMs) + this.#windowMs
  }

  /** The window now ends there, on disk. */
  extended(endMs: number): void {
    if (this.#reign !== undefined) this.#reign.endMs = Math.max(this.#reign.endMs, endMs)
  }
}
