/** Reads packed fields one after another; what is not there or out of bounds is `MalformedMessage`. */

import type { Bytes } from '../base/bytes.ts'
import { getBigUint64 } from '../base/uint64.ts'
import { MalformedMessage } from './schema.ts'

const TWO_32 = 0x1_0000_0000

export class ByteReader {
  readonly #bytes: Bytes
  #at: number

  constructor(bytes: Bytes, from = 0) {
    this.#bytes = bytes
    this.#at = from
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  byte(): number {
    return this.#bytes[this.#take(1)] as number
  }

  uint32(): number {
    const at = this.#take(4)
    const bytes = this.#bytes
    const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
    return high * 0x1_0000 + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
  }

  /** Within 2^53. */
  count(): number {
    const value = this.uint32() * TWO_32 + this.uint32()
    if (!Number.isSafeInteger(value)) throw new MalformedMessage('', 'a count within 2^53')
    return value
  }

  uint64(): bigint {
    return getBigUint64(this.#bytes, this.#take(8))
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Bytes {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** A view of what follows its own length. */
  sized(): Bytes {
    return this.bytes(this.uint32())
  }

  rest(): Bytes {
    return this.bytes(this.left)
  }

  end(): void {
    if (this.left > 0) throw new MalformedMessage('', `${this.left} bytes shorter`)
  }

  #take(length: number): number {
    if (length > this.left) throw new MalformedMessage('', `${length - this.left} bytes longer`)
    const at = this.#at
    this.#at += length
    return at
  }
}
