/**
 * The bytes of a put, which nearly every entry of a busy log is: fields at fixed places, written and read
 * without anything made for each of them. Other commands are msgpack.
 *
 * Layout: flags (1) | lease (8) | lengths of key and value (4 each) | key | value.
 */

import type { Bytes } from '../base/bytes.ts'
import type { PutRequest } from '../core/kv/types.ts'
import { MalformedMessage } from './schema.ts'

const HEAD_BYTES = 17
const PREV_KV = 1
const IGNORE_VALUE = 2
const IGNORE_LEASE = 4
/** Without it the lease is 0, and its bytes need not be looked at. */
const LEASED = 8
const ALL_FLAGS = 15

export const putBytes = ({ key, value }: PutRequest): number =>
  HEAD_BYTES + key.length + value.length

/** Writes it into zeroes, from position `at` on. */
export function writePut(target: Bytes, at: number, put: PutRequest): void {
  const { key, value, lease } = put
  target[at] = flagsOf(put)
  if (lease !== 0n) viewOf(target).setBigInt64(at + 1, lease)
  putLength(target, at + 9, key.length)
  putLength(target, at + 13, value.length)
  target.set(key, at + HEAD_BYTES)
  target.set(value, at + HEAD_BYTES + key.length)
}

/** The put that fills `bytes` from there; its key and value are views of them. */
export function readPut(bytes: Bytes, at: number): PutRequest {
  const keyAt = at + HEAD_BYTES
  if (bytes.length < keyAt) throw new MalformedMessage('put', `at least ${HEAD_BYTES} bytes`)
  const flags = bytes[at] as number
  const valueAt = keyAt + lengthAt(bytes, at + 9)
  const end = valueAt + lengthAt(bytes, at + 13)
  if (flags > ALL_FLAGS) throw new MalformedMessage('put.flags', `at most ${ALL_FLAGS}`)
  if (end !== bytes.length) throw new MalformedMessage('put', `${end} bytes, as it says`)
  return {
    key: bytes.subarray(keyAt, valueAt),
    value: bytes.subarray(valueAt, end),
    lease: flags & LEASED ? viewOf(bytes).getBigInt64(at + 1) : 0n,
    prevKv: (flags & PREV_KV) !== 0,
    ignoreValue: (flags & IGNORE_VALUE) !== 0,
    ignoreLease: (flags & IGNORE_LEASE) !== 0,
  }
}

const flagsOf = ({ prevKv, ignoreValue, ignoreLease, lease }: PutRequest): number =>
  (prevKv ? PREV_KV : 0) |
  (ignoreValue ? IGNORE_VALUE : 0) |
  (ignoreLease ? IGNORE_LEASE : 0) |
  (lease === 0n ? 0 : LEASED)

function putLength(target: Bytes, at: number, length: number): void {
  target[at] = length >>> 24
  target[at + 1] = length >>> 16
  target[at + 2] = length >>> 8
  target[at + 3] = length
}

function lengthAt(bytes: Bytes, at: number): number {
  const [a, b, c] = [bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number]
  return ((a << 24) | (b << 16) | (c << 8) | (bytes[at + 3] as number)) >>> 0
}

const viewOf = (bytes: Bytes): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
