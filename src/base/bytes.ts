/** Byte strings: order, ranges and big-endian numbers. Pure; a result never aliases an argument. */

import { assert } from './assert.ts'

export type Bytes = Uint8Array

export const EMPTY: Bytes = new Uint8Array(0)

/** Bytewise lexicographic order: negative, zero or positive. */
export function compareBytes(a: Bytes, b: Bytes): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function equalBytes(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && compareBytes(a, b) === 0
}

export function concatBytes(...parts: readonly Bytes[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** A copy in a buffer of exactly its own size: safe to keep, and cheap to post to a thread. */
export function exactBytes(bytes: Bytes): Bytes {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}

/** The first key after every key with this prefix; undefined when there is none (empty or all 0xff). */
export function prefixEnd(prefix: Bytes): Bytes | undefined {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const byte = prefix[i] as number
    if (byte < 0xff) {
      const end = prefix.slice(0, i + 1)
      end[i] = byte + 1
      return end
    }
  }
  return undefined
}

/**
 * Writes a whole number of at most 2^53 - 1 as eight big-endian bytes, so byte order is numeric order.
 * Byte by byte: a DataView for each call costs ten times as much.
 */
export function putUint64(target: Bytes, at: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'a count must be a safe integer')
  assert(at >= 0 && at + 8 <= target.length, 'eight bytes of room')
  const high = Math.floor(value / 0x1_0000_0000)
  const low = value >>> 0
  target[at] = high >>> 24
  target[at + 1] = high >>> 16
  target[at + 2] = high >>> 8
  target[at + 3] = high
  target[at + 4] = low >>> 24
  target[at + 5] = low >>> 16
  target[at + 6] = low >>> 8
  target[at + 7] = low
}

/** Reads what `putUint64` wrote; anything beyond 2^53 - 1 is refused. */
export function getUint64(source: Bytes, at: number): number {
  assert(at >= 0 && at + 8 <= source.length, 'eight bytes to read')
  const value = getUint32(source, at) * 0x1_0000_0000 + getUint32(source, at + 4)
  assert(Number.isSafeInteger(value), 'a stored count is beyond 2^53')
  return value
}

function getUint32(source: Bytes, at: number): number {
  const a = source[at] as number
  const b = source[at + 1] as number
  const c = source[at + 2] as number
  return ((a << 24) | (b << 16) | (c << 8) | (source[at + 3] as number)) >>> 0
}
