/**
 * The keys an etcd request names by `key` and `rangeEnd`: an empty end means the one key, the end `\0`
 * all keys from `key` on, anything else the half-open range, which is empty when the end is not above.
 */

import type { Bytes } from '../../base/bytes.ts'
import { type KeyText, keyText } from './key-text.ts'

export interface KeySpan {
  readonly from: KeyText
  /** Exclusive; undefined: no upper bound. */
  readonly to: KeyText | undefined
  readonly single: boolean
}

export function spanOf(key: Bytes, rangeEnd: Bytes): KeySpan {
  const from = keyText(key)
  if (rangeEnd.length === 0) return { from, to: successor(from), single: true }
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { from, to: undefined, single: false }
  return { from, to: keyText(rangeEnd), single: false }
}

export function spanIsEmpty(span: KeySpan): boolean {
  return span.to !== undefined && span.to <= span.from
}

export function spanContains(span: KeySpan, key: KeyText): boolean {
  return key >= span.from && (span.to === undefined || key < span.to)
}

/** The first text after this one. */
export function successor(text: KeyText): KeyText {
  return `${text}\0`
}
