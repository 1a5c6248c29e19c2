/**
 * Requests from protobuf to the domain's shapes, after `checks.ts` passed them. Numbers beyond 2^53 are
 * brought down to it: no revision or count ever gets there, so comparisons still come out right.
 */

import { unreachable } from '../../base/assert.ts'
import type * as domain from '../../core/kv/types.ts'
import {
  type Compare,
  Compare_CompareTarget,
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  type TxnRequest,
} from '../../wire/proto/etcdserverpb/kv.ts'

const MAX = BigInt(Number.MAX_SAFE_INTEGER)
const ORDERS: readonly domain.SortOrder[] = ['none', 'ascend', 'descend']
const TARGETS: readonly domain.SortTarget[] = ['key', 'version', 'create', 'mod', 'value']
const RESULTS: readonly domain.CompareResult[] = ['equal', 'greater', 'less', 'not-equal']

export function toNumber(value: bigint): number {
  if (value > MAX) return Number.MAX_SAFE_INTEGER
  return value < -MAX ? -Number.MAX_SAFE_INTEGER : Number(value)
}

export function rangeFrom(request: RangeRequest): domain.RangeRequest {
  return {
    key: request.key,
    rangeEnd: request.rangeEnd,
    limit: toNumber(request.limit),
    revision: toNumber(request.revision),
    sortOrder: ORDERS[request.sortOrder] ?? 'none',
    sortTarget: TARGETS[request.sortTarget] ?? 'key',
    keysOnly: request.keysOnly,
    countOnly: request.countOnly,
    minModRevision: toNumber(request.minModRevision),
    maxModRevision: toNumber(request.maxModRevision),
    minCreateRevision: toNumber(request.minCreateRevision),
    maxCreateRevision: toNumber(request.maxCreateRevision),
    serializable: request.serializable,
  }
}

export function putFrom(request: PutRequest): domain.PutRequest {
  const { key, value, lease, prevKv, ignoreValue, ignoreLease } = request
  return { key, value, lease, prevKv, ignoreValue, ignoreLease }
}

export function deleteRangeFrom(request: DeleteRangeRequest): domain.DeleteRangeRequest {
  const { key, rangeEnd, prevKv } = request
  return { key, rangeEnd, prevKv }
}

export function txnFrom(request: TxnRequest): domain.TxnRequest {
  return {
    compare: request.compare.map(compareFrom),
    success: request.success.map(opFrom),
    failure: request.failure.map(opFrom),
  }
}

function opFrom({ request }: RequestOp): domain.RequestOp {
  switch (request?.$case) {
    case 'requestRange':
      return { op: 'range', request: rangeFrom(request.value) }
    case 'requestPut':
      return { op: 'put', request: putFrom(request.value) }
    case 'requestDeleteRange':
      return { op: 'delete-range', request: deleteRangeFrom(request.value) }
    case 'requestTxn':
      return { op: 'txn', request: txnFrom(request.value) }
    case undefined:
      throw new Error('an operation without a request passed its check')
    default:
      return unreachable(request)
  }
}

function compareFrom(compare: Compare): domain.Compare {
  return {
    key: compare.key,
    rangeEnd: compare.rangeEnd,
    result: RESULTS[compare.result] ?? 'equal',
    operand: operandFrom(compare),
  }
}

/** An operand for another target than the one named counts as absent: zero, or no bytes. */
function operandFrom({ target, targetUnion: given }: Compare): domain.Compare['operand'] {
  switch (target) {
    case Compare_CompareTarget.CREATE:
      return {
        target: 'create',
        value: given?.$case === 'createRevision' ? toNumber(given.value) : 0,
      }
    case Compare_CompareTarget.MOD:
      return { target: 'mod', value: given?.$case === 'modRevision' ? toNumber(given.value) : 0 }
    case Compare_CompareTarget.VALUE:
      return {
        target: 'value',
        value: given?.$case === 'value' ? given.value : new Uint8Array(0),
      }
    case Compare_CompareTarget.LEASE:
      return { target: 'lease', value: given?.$case === 'lease' ? given.value : 0n }
    default:
      return { target: 'version', value: given?.$case === 'version' ? toNumber(given.value) : 0 }
  }
}
