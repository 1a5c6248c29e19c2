/**
 * Tuples as msgpack and back: numbers, bigints, strings, booleans, byte strings, null and arrays, and
 * nothing else – no maps, no extensions, no shared record structures (they diverge between nodes).
 *
 * Promises: unpacking walks the bytes first, so that no length field makes it allocate more than the
 * bytes can hold, and no nesting exhausts the stack; anything unexpected is `MalformedMessage`.
 * Decoded byte strings alias the input: the schema copies what is kept. Bytes given out are exact.
 */

import { Packr } from 'msgpackr'
import type { Bytes } from '../base/bytes.ts'
import { MalformedMessage } from './schema.ts'

const MAX_DEPTH = 32
const packr = new Packr({ useRecords: false })

/** The bytes of one value, behind `headroom` empty bytes for the caller's own header. */
export function pack(value: unknown, headroom = 0): Bytes {
  const body = packr.pack(value)
  const bytes = new Uint8Array(headroom + body.length)
  bytes.set(body, headroom)
  return bytes
}

/** The value whose bytes stand from `from` to the end. */
export function unpack(bytes: Bytes, from = 0): unknown {
  const end = skip(bytes, from, 0)
  if (end !== bytes.length) throw new MalformedMessage('body', 'one value without a rest')
  try {
    return packr.unpack(from === 0 ? bytes : bytes.subarray(from))
  } catch (error) {
    throw new MalformedMessage('body', `readable msgpack (${error})`)
  }
}

/** The same of bytes that this very process has packed: nothing is checked. */
export const unpackOwn = (bytes: Bytes): unknown => packr.unpack(bytes)

/** How many elements the array at `at` claims; undefined when no array stands there. */
export function arrayLength(bytes: Bytes, at: number): number | undefined {
  const byte = bytes[at] ?? 0
  if (byte >= 0x90 && byte <= 0x9f) return byte & 0x0f
  if (byte === 0xdc) return uint(bytes, at + 1, 2)
  if (byte === 0xdd) return uint(bytes, at + 1, 4)
  return undefined
}

/** Where the value at `at` ends. Takes as many steps as it finds values, none of them for a length. */
function skip(bytes: Bytes, at: number, depth: number): number {
  if (depth > MAX_DEPTH) throw new MalformedMessage('body', `nested at most ${MAX_DEPTH} deep`)
  if (at >= bytes.length) throw new MalformedMessage('body', 'complete')
  const byte = bytes[at] as number
  if (byte <= 0x7f || byte >= 0xe0) return at + 1
  if (byte >= 0xa0 && byte <= 0xbf) return within(bytes, at + 1 + (byte & 0x1f))
  const elements = arrayLength(bytes, at)
  if (elements === undefined) return skipScalar(bytes, at, byte)
  let end = at + (byte <= 0x9f ? 1 : byte === 0xdc ? 3 : 5)
  for (let i = 0; i < elements; i++) end = skip(bytes, end, depth + 1)
  return end
}

/** Bytes of content behind the first byte, for values of fixed width. */
const WIDTHS: Readonly<Record<number, number>> = {
  192: 0, // null
  194: 0, // false
  195: 0, // true
  203: 8, // float 64
  204: 1, // unsigned 8, 16, 32, 64
  205: 2,
  206: 4,
  207: 8,
  208: 1, // signed 8, 16, 32, 64
  209: 2,
  210: 4,
  211: 8,
}
/** Bytes of the length field, for values that carry one. */
const LENGTHS: Readonly<Record<number, number>> = {
  196: 1, // byte strings
  197: 2,
  198: 4,
  217: 1, // text
  218: 2,
  219: 4,
}

function skipScalar(bytes: Bytes, at: number, byte: number): number {
  const width = WIDTHS[byte]
  if (width !== undefined) return within(bytes, at + 1 + width)
  const field = LENGTHS[byte]
  if (field === undefined) throw new MalformedMessage('body', 'made of tuples and plain values')
  const start = within(bytes, at + 1 + field)
  return within(bytes, start + uint(bytes, at + 1, field))
}

function within(bytes: Bytes, end: number): number {
  if (end > bytes.length) throw new MalformedMessage('body', 'complete')
  return end
}

function uint(bytes: Bytes, at: number, width: number): number {
  let value = 0
  for (let i = 0; i < width; i++) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}
