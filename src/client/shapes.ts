/** What users of the client hold in their hands: plain values, revisions as numbers, ids as bigints. */

import { type Bytes, prefixEnd } from '../base/bytes.ts'
import type { KeyValue as KeyValueMessage } from '../wire/proto/mvccpb/kv.ts'

/** Text is sent as UTF-8. */
export type Text = string | Bytes

export interface KeyValue {
  readonly key: Bytes
  readonly value: Bytes
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  readonly lease: bigint
}

export const bytesOf = (text: Text): Bytes =>
  typeof text === 'string' ? new TextEncoder().encode(text) : text

export const textOf = (bytes: Bytes): string => new TextDecoder().decode(bytes)

export function keyValueOf(message: KeyValueMessage): KeyValue {
  return {
    key: message.key,
    value: message.value,
    createRevision: Number(message.createRevision),
    modRevision: Number(message.modRevision),
    version: Number(message.version),
    lease: message.lease,
  }
}

/** Where a range ends: nowhere else than at its key, after every key with this prefix, or at a key. */
export interface Span {
  readonly prefix?: boolean
  readonly rangeEnd?: Text
}

const EVERYTHING = Uint8Array.of(0)

export function spanOf(key: Text, { prefix, rangeEnd }: Span): { key: Bytes; rangeEnd: Bytes } {
  const from = bytesOf(key)
  if (rangeEnd !== undefined) return { key: from, rangeEnd: bytesOf(rangeEnd) }
  if (!prefix) return { key: from, rangeEnd: new Uint8Array(0) }
  return from.length === 0
    ? { key: EVERYTHING, rangeEnd: EVERYTHING }
    : { key: from, rangeEnd: prefixEnd(from) ?? EVERYTHING }
}
