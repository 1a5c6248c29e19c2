/** A region's range and peers: questions asked of a descriptor. */

import { type Bytes, compareBytes, EMPTY } from '../../base/bytes.ts'
import type { PeerId } from '../../base/ids.ts'
import type { RegionDescriptor, RegionPeer } from './types.ts'

/** A range of keys; an empty side is open. */
export interface Range {
  readonly from: Bytes
  readonly to: Bytes
}

export const holdsKey = (range: Range, key: Bytes): boolean =>
  compareBytes(key, range.from) >= 0 && beforeEnd(key, range.to)

/** All of `inner`, whose open sides mean as far as anything goes. */
export function holdsRange(outer: Range, inner: Range): boolean {
  if (compareBytes(inner.from, outer.from) < 0) return false
  if (outer.to.length === 0) return true
  return inner.to.length > 0 && compareBytes(inner.to, outer.to) <= 0
}

export const overlaps = (a: Range, b: Range): boolean =>
  beforeEnd(a.from, b.to) && beforeEnd(b.from, a.to)

/** The keys that lie in both; undefined when there are none. */
export function intersect(a: Range, b: Range): Range | undefined {
  const from = compareBytes(a.from, b.from) >= 0 ? a.from : b.from
  const to = a.to.length === 0 || (b.to.length > 0 && compareBytes(b.to, a.to) < 0) ? b.to : a.to
  return to.length > 0 && compareBytes(from, to) >= 0 ? undefined : { from, to }
}

export const peerOf = (descriptor: RegionDescriptor, id: PeerId): RegionPeer | undefined =>
  descriptor.peers.find(({ peer }) => peer === id)

/** The first key after this one. */
export function keyAfter(key: Bytes): Bytes {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}

export const EVERYTHING: Range = { from: EMPTY, to: EMPTY }

const beforeEnd = (key: Bytes, to: Bytes): boolean => to.length === 0 || compareBytes(key, to) < 0
