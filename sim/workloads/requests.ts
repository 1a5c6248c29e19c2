/** Short ways to write Chainfire's requests: every field that is not named has etcd's default. */

import type { WatchCreate } from '../../src/actors/chainfire.ts'
import type { Bytes } from '../../src/base/bytes.ts'
import type {
  Command,
  Compare,
  PutRequest,
  RangeRequest,
  RequestOp,
} from '../../src/core/kv/types.ts'

const encoder = new TextEncoder()
export const bytesOf = (text: string): Bytes => encoder.encode(text)

export function rangeOf(key: string, end = '', rest: Partial<RangeRequest> = {}): RangeRequest {
  return {
    key: bytesOf(key),
    rangeEnd: bytesOf(end),
    limit: 0,
    revision: 0,
    sortOrder: 'none',
    sortTarget: 'key',
    keysOnly: false,
    countOnly: false,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
    serializable: false,
    ...rest,
  }
}

export function putOf(key: string, value: string, rest: Partial<PutRequest> = {}): PutRequest {
  return {
    key: bytesOf(key),
    value: bytesOf(value),
    lease: 0n,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
    ...rest,
  }
}

export const put = (key: string, value: string, rest: Partial<PutRequest> = {}): Command => ({
  op: 'put',
  request: putOf(key, value, rest),
})

export const remove = (key: string, end = '', prevKv = false): Command => ({
  op: 'delete-range',
  request: { key: bytesOf(key), rangeEnd: bytesOf(end), prevKv },
})

export const txn = (
  compare: readonly Compare[],
  success: readonly RequestOp[],
  failure: readonly RequestOp[] = [],
): Command => ({ op: 'txn', request: { compare, success, failure } })

export const valueIs = (key: string, value: string): Compare => ({
  key: bytesOf(key),
  rangeEnd: bytesOf(''),
  result: 'equal',
  operand: { target: 'value', value: bytesOf(value) },
})

export const modIs = (key: string, revision: number): Compare => ({
  key: bytesOf(key),
  rangeEnd: bytesOf(''),
  result: 'equal',
  operand: { target: 'mod', value: revision },
})

export function watchOf(
  key: string,
  end: string,
  startRevision: number,
  rest: Partial<WatchCreate> = {},
): WatchCreate {
  return {
    key: bytesOf(key),
    rangeEnd: bytesOf(end),
    startRevision,
    progressNotify: false,
    noPut: false,
    noDelete: false,
    prevKv: false,
    watchId: 0,
    fragment: false,
    ...rest,
  }
}
