/**
 * How much a region is asked for, and where: a sample of the keys of late, so that one that is hot for long can be
 * cut where half of its load lies on either side.
 */

import { type Bytes, compareBytes } from '../../base/bytes.ts'
import type { Context } from '../../runtime/actor.ts'

const SAMPLE_KEYS = 64
const LOOK_MS = 1000
/** Looks in a row that find it hot. */
const HOT_LOOKS = 10

export class Heat {
  readonly #hotOps: number
  #keys: Bytes[] = []
  #asked = 0
  #lookedMs = 0
  #hotLooks = 0

  /** `hotOps`: commands and reads a second. */
  constructor(hotOps: number) {
    this.#hotOps = hotOps
  }

  /** One more command or read; every key of late is as likely in the sample. */
  asked(key: Bytes, context: Context): void {
    this.#asked += 1
    if (this.#keys.length < SAMPLE_KEYS) this.#keys.push(key)
    else {
      const at = context.random(this.#asked)
      if (at < SAMPLE_KEYS) this.#keys[at] = key
    }
  }

  /** At each tick. The key to cut at, once it was hot for long: none where all ask for one. */
  look({ nowMs }: Context): Bytes | undefined {
    const elapsedMs = nowMs - this.#lookedMs
    if (elapsedMs < LOOK_MS) return undefined
    const hot = (this.#asked * 1000) / elapsedMs >= this.#hotOps
    this.#hotLooks = hot ? this.#hotLooks + 1 : 0
    const cut = this.#hotLooks >= HOT_LOOKS ? this.#middle() : undefined
    if (cut !== undefined) this.#hotLooks = 0
    this.#lookedMs = nowMs
    this.#asked = 0
    this.#keys = []
    return cut
  }

  #middle(): Bytes | undefined {
    const keys = this.#keys.toSorted(compareBytes)
    const [first] = keys
    const middle = keys[keys.length >> 1]
    if (first === undefined || middle === undefined) return undefined
    return compareBytes(first, middle) < 0 ? middle.slice() : undefined
  }
}
