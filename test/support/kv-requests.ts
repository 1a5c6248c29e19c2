/** Requests of etcd's KV service as the generated types want them, every field filled in. */

import {
  KVDefinition,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
} from '../../src/wire/proto/etcdserverpb/kv.ts'

export const KV = KVDefinition.fullName
export const kv = KVDefinition.methods
export const NONE = new Uint8Array(0)
export const bytes = (text: string) => new TextEncoder().encode(text)

export const putOf = (key: string, value: string, more: Partial<PutRequest> = {}): PutRequest => ({
  key: bytes(key),
  value: bytes(value),
  lease: 0n,
  prevKv: false,
  ignoreValue: false,
  ignoreLease: false,
  ...more,
})
export const rangeOf = (key: string, more: Partial<RangeRequest> = {}): RangeRequest => ({
  key: bytes(key),
  rangeEnd: NONE,
  limit: 0n,
  revision: 0n,
  sortOrder: 0,
  sortTarget: 0,
  serializable: false,
  keysOnly: false,
  countOnly: false,
  minModRevision: 0n,
  maxModRevision: 0n,
  minCreateRevision: 0n,
  maxCreateRevision: 0n,
  ...more,
})
export const putOp = (request: PutRequest): RequestOp => ({
  request: { $case: 'requestPut', value: request },
})
export const nested = (success: readonly RequestOp[]): RequestOp => ({
  request: { $case: 'requestTxn', value: { compare: [], success, failure: [] } },
})
