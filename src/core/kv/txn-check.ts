/**
 * What a door refuses of a request before it costs anybody anything: limits first, then each operation's
 * own rules, then keys put twice. Pure; errors in etcd's order.
 */

import { spanOf } from '../mvcc/key-span.ts'
import { type KeyText, keyText } from '../mvcc/key-text.ts'
import { KeyIntervals } from './key-intervals.ts'
import type { DeleteRangeRequest, PutRequest, RequestOp, TxnRequest } from './types.ts'

export type RequestError =
  | 'empty-key'
  | 'value-provided'
  | 'lease-provided'
  | 'too-many-operations'
  | 'duplicate-key'

/** `maxOps` bounds each list here; nested transactions share what this level leaves of it. */
export function checkTxn(request: TxnRequest, maxOps: number): RequestError | undefined {
  const shape = checkShape(request, maxOps)
  if (shape !== undefined) return shape
  for (const ops of [request.success, request.failure]) {
    if (touchedBy(ops) === undefined) return 'duplicate-key'
  }
  return undefined
}

export function checkPut(request: PutRequest): RequestError | undefined {
  if (request.key.length === 0) return 'empty-key'
  if (request.ignoreValue && request.value.length !== 0) return 'value-provided'
  if (request.ignoreLease && request.lease !== 0n) return 'lease-provided'
  return undefined
}

function checkShape(request: TxnRequest, maxOps: number): RequestError | undefined {
  const { compare, success, failure } = request
  const longest = Math.max(compare.length, success.length, failure.length)
  if (longest > maxOps) return 'too-many-operations'
  if (compare.some((each) => each.key.length === 0)) return 'empty-key'
  for (const op of [...success, ...failure]) {
    const error = checkOp(op, maxOps - longest)
    if (error !== undefined) return error
  }
  return undefined
}

function checkOp(op: RequestOp, opsLeft: number): RequestError | undefined {
  if (op.op === 'txn') return checkShape(op.request, opsLeft)
  if (op.op === 'put') return checkPut(op.request)
  return op.request.key.length === 0 ? 'empty-key' : undefined
}

interface Touched {
  readonly puts: Set<KeyText>
  readonly deletes: KeyIntervals
}

/** What a list of operations may put and delete; undefined when a key would be touched twice. */
function touchedBy(ops: readonly RequestOp[]): Touched | undefined {
  const touched: Touched = { puts: new Set(), deletes: new KeyIntervals() }
  for (const { op, request } of ops) {
    if (op === 'delete-range') addDelete(touched, request)
  }
  for (const { op, request } of ops) {
    if (op === 'txn' && !addNested(touched, request)) return undefined
  }
  for (const { op, request } of ops) {
    if (op === 'put' && !addPut(touched, keyText(request.key))) return undefined
  }
  return touched
}

/** A deletion without an upper bound collides with nothing: etcd has it so, and order decides. */
function addDelete(touched: Touched, request: DeleteRangeRequest): void {
  const span = spanOf(request.key, request.rangeEnd)
  if (span.to !== undefined) touched.deletes.add(span)
}

function addNested(touched: Touched, request: TxnRequest): boolean {
  const success = touchedBy(request.success)
  const failure = touchedBy(request.failure)
  if (success === undefined || failure === undefined) return false
  for (const key of success.puts) if (!addPut(touched, key)) return false
  for (const key of failure.puts) {
    // Only one of the two branches runs: they may put the same key.
    if (success.puts.has(key)) continue
    if (!addPut(touched, key)) return false
  }
  touched.deletes.addAll(success.deletes)
  touched.deletes.addAll(failure.deletes)
  return true
}

function addPut(touched: Touched, key: KeyText): boolean {
  if (touched.puts.has(key) || touched.deletes.contains(key)) return false
  touched.puts.add(key)
  return true
}
