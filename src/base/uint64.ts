/** 64-bit numbers beyond 2^53 as eight big-endian bytes, without an allocation for each. */

import { assert } from './assert.ts'
import type { Bytes } from './bytes.ts'

const scratch = new Uint8Array(8)
const view = new DataView(scratch.buffer)

export function putBigUint64(target: Bytes, at: number, value: bigint): void {
  assert(at >= 0 && at + 8 <= target.length, 'eight bytes of room')
  view.setBigUint64(0, value)
  for (let i = 0; i < 8; i++) target[at + i] = scratch[i] as number
}

/** The same, every bit turned: the byte order is the reverse of the numbers' order. */
export function putInverted(target: Bytes, at: number, value: bigint): void {
  assert(at >= 0 && at + 8 <= target.length, 'eight bytes of room')
  view.setBigUint64(0, value)
  for (let i = 0; i < 8; i++) target[at + i] = (scratch[i] as number) ^ 0xff
}

export function getBigUint64(source: Bytes, at: number): bigint {
  assert(at >= 0 && at + 8 <= source.length, 'eight bytes to read')
  for (let i = 0; i < 8; i++) scratch[i] = source[at + i] as number
  return view.getBigUint64(0)
}

export function getInverted(source: Bytes, at: number): bigint {
  assert(at >= 0 && at + 8 <= source.length, 'eight bytes to read')
  for (let i = 0; i < 8; i++) scratch[i] = (source[at + i] as number) ^ 0xff
  return view.getBigUint64(0)
}
