/** Timestamps of the oracle: 48 bits of milliseconds, 16 of counter, in one bigint. */

import { type Timestamp, timestamp } from './types.ts'

export const COUNTER_BITS = 16n
export const COUNTERS = 1 << 16

/** Before everything; as a version: there is none. */
export const NEVER: Timestamp = timestamp(0n)
/** After everything; as a position among versions: before the newest. */
export const LATEST: Timestamp = timestamp(2n ** 64n - 1n)

export const compose = (physicalMs: number, counter: number): Timestamp =>
  timestamp((BigInt(physicalMs) << COUNTER_BITS) | BigInt(counter))

/** Milliseconds since 1970, by the clock of the oracle. */
export const physicalMs = (at: Timestamp): number => Number(at >> COUNTER_BITS)

export const after = (at: Timestamp): Timestamp => timestamp(at + 1n)

export const later = (a: Timestamp, b: Timestamp): Timestamp => (a > b ? a : b)
