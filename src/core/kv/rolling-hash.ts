/**
 * A running hash of what was applied, in order: 53 bits that fit a number and go on after a restart from
 * the number alone. It finds divergence; it is no defence against anybody.
 */

import type { Bytes } from '../../base/bytes.ts'

const HIGH_BITS = 21
const HIGH_MASK = (1 << HIGH_BITS) - 1
const TWO_32 = 0x1_0000_0000

export class RollingHash {
  #low: number
  #high: number

  /** Goes on from a `value` taken before. */
  constructor(value = 0) {
    this.#low = (value % TWO_32) | 0
    this.#high = Math.floor(value / TWO_32)
  }

  get value(): number {
    return this.#high * TWO_32 + (this.#low >>> 0)
  }

  /** Any whole number within 2^53. */
  number(value: number): void {
    this.#mix(value | 0)
    if (value > 0x7fffffff) this.#mix(Math.floor(value / TWO_32))
  }

  /** Any signed 64-bit number. */
  id(value: bigint): void {
    this.#mix(value === 0n ? 0 : Number(BigInt.asIntN(32, value)))
    if (value === 0n) return
    this.#mix(Number(BigInt.asIntN(32, value >> 32n)))
  }

  bytes(bytes: Bytes): void {
    let hash = bytes.length | 0
    const whole = bytes.length & ~3
    let at = 0
    for (; at < whole; at += 4) {
      const word =
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24)
      hash = Math.imul(hash ^ word, 0x5bd1e995)
      hash ^= hash >>> 15
    }
    for (; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
    this.#mix(hash)
  }

  #mix(word: number): void {
    let low = Math.imul(this.#low ^ word, 0x9e3779b1 | 0)
    low ^= low >>> 15
    this.#high = (Math.imul(this.#high + low, 0x85ebca6b | 0) >>> 7) & HIGH_MASK
    this.#low = low
  }
}
