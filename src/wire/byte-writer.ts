/** Writes packed fields one after another into bytes whose length was counted before. */

import { assert } from '../base/assert.ts'
import { type Bytes, putUint64 } from '../base/bytes.ts'
import { putBigUint64 } from '../base/uint64.ts'

export class ByteWriter {
  readonly #bytes: Bytes
  #at: number

  constructor(bytes: Bytes, from = 0) {
    this.#bytes = bytes
    this.#at = from
  }

  byte(value: number): void {
    this.#bytes[this.#at++] = value
  }

  uint32(value: number): void {
    const at = this.#at
    const bytes = this.#bytes
    bytes[at] = value >>> 24
    bytes[at + 1] = value >>> 16
    bytes[at + 2] = value >>> 8
    bytes[at + 3] = value
    this.#at = at + 4
  }

  /** Within 2^53. */
  count(value: number): void {
    putUint64(this.#bytes, this.#at, value)
    this.#at += 8
  }

  uint64(value: bigint): void {
    putBigUint64(this.#bytes, this.#at, value)
    this.#at += 8
  }

  bytes(value: Bytes): void {
    this.#bytes.set(value, this.#at)
    this.#at += value.length
  }

  /** With its length before it. */
  sized(value: Bytes): void {
    this.uint32(value.length)
    this.bytes(value)
  }

  /** Everything that was counted is written. */
  end(): Bytes {
    assert(this.#at === this.#bytes.length, 'as many bytes were written as were counted')
    return this.#bytes
  }
}
