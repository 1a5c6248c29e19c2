/** Requests with etcd's defaults, for tests that care about one field of them. */

import { rangeOf } from '../../sim/workloads/requests.ts'
import { EMPTY } from '../../src/base/bytes.ts'
import type { Command, PutRequest, RangeRequest } from '../../src/core/kv/types.ts'
import type { WatchCreate } from '../../src/core/watch/types.ts'

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

export function put(key: string, value: string, more: Partial<PutRequest> = {}): Command {
  const flags = { lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false }
  return { op: 'put', request: { key: bytes(key), value: bytes(value), ...flags, ...more } }
}

export function range(key: string, more: Partial<RangeRequest> = {}): RangeRequest {
  return {
    ...rangeOf(key),
    ...more,
  }
}

export function watchFrom(
  key: string,
  startRevision: number,
  more: Partial<WatchCreate> = {},
): WatchCreate {
  return {
    key: bytes(key),
    rangeEnd: EMPTY,
    startRevision,
    progressNotify: false,
    noPut: false,
    noDelete: false,
    prevKv: false,
    watchId: 0,
    fragment: false,
    ...more,
  }
}
