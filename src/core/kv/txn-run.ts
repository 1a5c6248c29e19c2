/**
 * A transaction in three steps: choose the branches of all levels on the state before it, check that the
 * chosen operations can be done, do them in order. An error leaves everything as it was.
 */

import { unreachable } from '../../base/assert.ts'
import { keyText } from '../mvcc/key-text.ts'
import { allHold, type CompareState } from './compare.ts'
import type {
  DeleteRangeRequest,
  KvError,
  PutRequest,
  RangeRequest,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from './types.ts'
import type { Writing } from './writing.ts'

/** A transaction whose branches are chosen. */
export interface ChosenTxn {
  readonly succeeded: boolean
  readonly ops: readonly ChosenOp[]
}

type ChosenOp =
  | { readonly op: 'range'; readonly request: RangeRequest }
  | { readonly op: 'put'; readonly request: PutRequest }
  | { readonly op: 'delete-range'; readonly request: DeleteRangeRequest }
  | { readonly op: 'txn'; readonly chosen: ChosenTxn }

export interface TxnState extends CompareState {
  readonly revision: number
  readonly compactRevision: number
}

export function chooseTxn(request: TxnRequest, state: CompareState): ChosenTxn {
  const succeeded = allHold(request.compare, state)
  const branch = succeeded ? request.success : request.failure
  const ops = branch.map(
    (op): ChosenOp => (op.op === 'txn' ? { op: 'txn', chosen: chooseTxn(op.request, state) } : op),
  )
  return { succeeded, ops }
}

/** The first reason, in the order of the operations, why the chosen path cannot be done. */
export function refuseTxn(chosen: ChosenTxn, state: TxnState): KvError | undefined {
  for (const op of chosen.ops) {
    const error = refuseOp(op, state)
    if (error !== undefined) return error
  }
  return undefined
}

export function refusePut(request: PutRequest, state: CompareState): KvError | undefined {
  if (request.lease !== 0n && !state.lessor.has(request.lease)) return 'lease-not-found'
  if (!request.ignoreValue && !request.ignoreLease) return undefined
  return state.index.get(keyText(request.key))?.alive === true ? undefined : 'key-not-found'
}

export function runTxn(chosen: ChosenTxn, writing: Writing): TxnResponse {
  const responses = chosen.ops.map((op) => runOp(op, writing))
  return { succeeded: chosen.succeeded, responses }
}

function refuseOp(op: ChosenOp, state: TxnState): KvError | undefined {
  switch (op.op) {
    case 'range':
      return refuseRange(op.request.revision, state)
    case 'put':
      return refusePut(op.request, state)
    case 'delete-range':
      return undefined
    case 'txn':
      return refuseTxn(op.chosen, state)
    default:
      return unreachable(op)
  }
}

/** Unlike a plain read, one inside a transaction takes a negative revision for a compacted one. */
function refuseRange(revision: number, state: TxnState): KvError | undefined {
  if (revision === 0) return undefined
  if (revision > state.revision) return 'future-revision'
  return revision < state.compactRevision ? 'compacted' : undefined
}

/** As etcd answers: a nested transaction's own header carries no revision. */
function runOp(op: ChosenOp, writing: Writing): ResponseOp {
  switch (op.op) {
    case 'range': {
      const response = writing.range(op.request)
      return { op: 'range', revision: writing.revision, response }
    }
    case 'put': {
      const response = writing.put(op.request)
      return { op: 'put', revision: writing.revision, response }
    }
    case 'delete-range': {
      const response = writing.deleteRange(op.request)
      return { op: 'delete-range', revision: writing.revision, response }
    }
    case 'txn':
      return { op: 'txn', revision: 0, response: runTxn(op.chosen, writing) }
    default:
      return unreachable(op)
  }
}
