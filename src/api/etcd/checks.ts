/**
 * What a request is refused for before it costs anybody anything: etcd's conditions in etcd's order. The
 * check for keys written twice is `core/kv`'s, made after these.
 */

import {
  type Compare,
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
  type RequestOp,
  type TxnRequest,
} from '../../wire/proto/etcdserverpb/kv.ts'
import type { Call } from '../grpc/service.ts'
import type { Status } from '../grpc/status.ts'
import { REFUSALS } from './errors.ts'

const SORT_ORDERS: ReadonlySet<number> = new Set(Object.values(RangeRequest_SortOrder))
const SORT_TARGETS: ReadonlySet<number> = new Set(Object.values(RangeRequest_SortTarget))
/** What etcd's log entry holds besides the request itself. */
const ENTRY_BYTES = 18

type Verdict = Status | undefined

export function checkSize(call: Call, maxRequestBytes: number): Verdict {
  return call.requestBytes + ENTRY_BYTES > maxRequestBytes ? REFUSALS.requestTooLarge : undefined
}

export function checkRange(request: RangeRequest): Verdict {
  if (request.key.length === 0) return REFUSALS.emptyKey
  if (!SORT_ORDERS.has(request.sortOrder)) return REFUSALS.invalidSortOption
  return SORT_TARGETS.has(request.sortTarget) ? undefined : REFUSALS.invalidSortOption
}

export function checkPut(request: PutRequest): Verdict {
  if (request.key.length === 0) return REFUSALS.emptyKey
  if (request.ignoreValue && request.value.length > 0) return REFUSALS.valueProvided
  if (request.ignoreLease && request.lease !== 0n) return REFUSALS.leaseProvided
  return undefined
}

export function checkDelete(request: DeleteRangeRequest): Verdict {
  return request.key.length === 0 ? REFUSALS.emptyKey : undefined
}

/** `budget`: how many operations this level may hold; nested ones get what it leaves. */
export function checkTxn(request: TxnRequest, budget: number): Verdict {
  const { compare, success, failure } = request
  const longest = Math.max(compare.length, success.length, failure.length)
  if (longest > budget) return REFUSALS.tooManyOps
  return (
    firstOf(compare, checkCompare) ??
    firstOf(success, (op) => checkOp(op, budget - longest)) ??
    firstOf(failure, (op) => checkOp(op, budget - longest))
  )
}

function checkCompare(compare: Compare): Verdict {
  return compare.key.length === 0 ? REFUSALS.emptyKey : undefined
}

function checkOp({ request }: RequestOp, budget: number): Verdict {
  switch (request?.$case) {
    case 'requestRange':
      return checkRange(request.value)
    case 'requestPut':
      return checkPut(request.value)
    case 'requestDeleteRange':
      return checkDelete(request.value)
    case 'requestTxn':
      return checkTxn(request.value, budget)
    case undefined:
      return REFUSALS.keyNotFound
  }
}

function firstOf<T>(items: readonly T[], check: (item: T) => Verdict): Verdict {
  for (const item of items) {
    const verdict = check(item)
    if (verdict) return verdict
  }
  return undefined
}
