/** Requests to group `system` of this node, in the shapes of Chainfire's machine. Keys are text under `flare/`. */

import { type Bytes, EMPTY } from '../../base/bytes.ts'
import type {
  CommandResult,
  Compare,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '../../core/kv/types.ts'
import type { AskOutcome } from '../../runtime/actor.ts'
import { encodeCommand } from '../../wire/command.ts'
import type {
  KvRefused,
  KvView,
  KvViewDone,
  KvWrite,
  KvWriteDone,
} from '../../wire/messages/group.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
export const keyOf = (text: string): Bytes => encoder.encode(text)
export const textOf = (key: Bytes): string => decoder.decode(key)

/** One key, or all from `from` up to `end`. */
export function rangeOf(from: string, end = '', limit = 0): RangeRequest {
  return {
    key: keyOf(from),
    rangeEnd: end === '' ? EMPTY : keyOf(end),
    limit,
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
  }
}

export function putOf(key: string, value: Bytes): RequestOp {
  const flags = { lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false }
  return { op: 'put', request: { key: keyOf(key), value, ...flags } }
}

export function deleteOf(key: string): RequestOp {
  return { op: 'delete-range', request: { key: keyOf(key), rangeEnd: EMPTY, prevKv: false } }
}

/** Holds while nobody wrote the key since `revision`; 0: while it is not there. */
export function unchanged(key: string, revision: number): Compare {
  const operand = { target: 'mod', value: revision } as const
  return { key: keyOf(key), rangeEnd: EMPTY, result: 'equal', operand }
}

export function holds(key: string, value: Bytes): Compare {
  const operand = { target: 'value', value } as const
  return { key: keyOf(key), rangeEnd: EMPTY, result: 'equal', operand }
}

/** Linearizable, all of it on one state. */
export function viewOf(...ranges: readonly RangeRequest[]): KvView {
  const success = ranges.map((request): RequestOp => ({ op: 'range', request }))
  return { kind: 'kv.view', request: { compare: [], success, failure: [] } }
}

export function writeOf(compare: readonly Compare[], success: readonly RequestOp[]): KvWrite {
  const request: TxnRequest = { compare, success, failure: [] }
  return { kind: 'kv.write', command: encodeCommand({ op: 'txn', request }) }
}

/** `unknown`: it may have been written. */
export type Written = 'written' | 'fenced' | 'refused' | 'unknown'

export function writtenIs(outcome: AskOutcome): Written {
  if (!outcome.ok) return outcome.reason === 'overloaded' ? 'refused' : 'unknown'
  const { message } = outcome
  if (message.kind === 'kv.write-done') {
    const result: CommandResult = (message as KvWriteDone).result
    return result.op === 'txn' && result.response.succeeded ? 'written' : 'fenced'
  }
  if (message.kind !== 'kv.refused') return 'unknown'
  const { reason } = message as KvRefused
  return ['no-leader', 'overloaded', 'no-space'].includes(reason) ? 'refused' : 'unknown'
}

export interface Found {
  readonly key: string
  readonly value: Bytes
  readonly modRevision: number
}

/** What each range found, or undefined: it was not answered. */
export function viewIs(outcome: AskOutcome): readonly (readonly Found[])[] | undefined {
  if (!outcome.ok || outcome.message.kind !== 'kv.view-done') return undefined
  return (outcome.message as KvViewDone).response.responses.map((response) =>
    response.op === 'range'
      ? response.response.kvs.map(({ key, value, modRevision }) => ({
          key: textOf(key),
          value,
          modRevision,
        }))
      : [],
  )
}
