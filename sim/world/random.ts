/**
 * Randomness by counting: every draw is `hash(seed, stream, entity, n)`. Streams know nothing of each
 * other, so taking one fault out of a run leaves every other draw where it was.
 */

import { assert, must } from '../../src/base/assert.ts'
import type { Random } from '../../src/base/ports/random.ts'
import { hashText, mixWords } from './hash.ts'

/** All randomness of one run. */
export class Randomness {
  readonly seed: number

  constructor(seed: number) {
    assert(Number.isSafeInteger(seed) && seed >= 0, 'a seed is a whole number')
    this.seed = seed
  }

  /** `stream` says what for (`net`, `disk`), `entity` for whom (`n1>n2`). Asked twice: starts anew. */
  stream(stream: string, entity: string): Stream {
    const low = this.seed >>> 0
    const high = Math.floor(this.seed / 0x1_0000_0000) >>> 0
    return new Stream(mixWords(mixWords(low, high), mixWords(hashText(stream), hashText(entity))))
  }
}

export class Stream implements Random {
  readonly #key: number
  #n = 0

  constructor(key: number) {
    this.#key = key
  }

  /** 32 random bits. */
  word(): number {
    const n = this.#n++
    return mixWords(mixWords(this.#key, n), this.#key ^ 0x9e3779b9)
  }

  below(bound: number): number {
    assert(bound >= 1 && bound <= 0x1_0000_0000, 'a bound is from 1 to 2^32')
    return Math.floor((this.word() / 0x1_0000_0000) * bound)
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  /** True `share` times in a million. */
  perMillion(share: number): boolean {
    return this.below(1_000_000) < share
  }

  pick<T>(list: readonly T[]): T {
    return must(list[this.below(list.length)], 'nothing to pick from')
  }

  /** Some of the list, in its order: each with even chance, at least one. */
  subset<T>(list: readonly T[]): T[] {
    const kept = list.filter(() => this.below(2) === 0)
    return kept.length > 0 ? kept : [this.pick(list)]
  }

  /** Mostly near `low`, one time in sixteen up to `high`: delays with a tail, in whole numbers. */
  tailed(low: number, high: number): number {
    const near = Math.max(1, Math.floor((high - low) / 16))
    return low + (this.below(16) === 0 ? this.below(high - low + 1) : this.below(near))
  }
}
