/**
 * What one command comes to on the state before it: an answer and changes, or a refusal and none. A
 * refusal is found before the first change is made.
 */

import { unreachable } from '../../base/assert.ts'
import type { EntryPosition, KvWrite, LeaseEvent, LeaseRecord } from './applied.ts'
import { chooseTxn, refusePut, refuseTxn, runTxn, type TxnState } from './txn-run.ts'
import type { Command, CommandResult, KvError, TxnRequest } from './types.ts'
import { Writing } from './writing.ts'

export interface DecideState extends TxnState {
  readonly at: EntryPosition
}

export interface Decision {
  readonly result: CommandResult
  /** Changes of keys, if any were made. */
  readonly writing?: Writing
  /** Rows besides those of `writing`, to be written after them. */
  readonly rows?: readonly KvWrite[]
  readonly leaseEvents?: readonly LeaseEvent[]
  readonly compactTo?: number
}

export function decide(command: Command, state: DecideState): Decision {
  switch (command.op) {
    case 'put': {
      const error = refusePut(command.request, state)
      if (error !== undefined) return refused(error)
      const writing = new Writing(state)
      return { result: { op: 'put', response: writing.put(command.request) }, writing }
    }
    case 'delete-range': {
      const writing = new Writing(state)
      const response = writing.deleteRange(command.request)
      return { result: { op: 'delete-range', response }, writing }
    }
    case 'txn':
      return decideTxn(command.request, state)
    case 'compact':
      return compact(command.revision, state)
    case 'lease-grant':
      return grant(command.id, command.ttl, state)
    case 'lease-revoke':
      return revoke(command, state)
    case 'lease-checkpoint':
      return checkpoint(command, state)
    default:
      return unreachable(command)
  }
}

function decideTxn(request: TxnRequest, state: DecideState): Decision {
  const chosen = chooseTxn(request, state)
  const error = refuseTxn(chosen, state)
  if (error !== undefined) return refused(error)
  const writing = new Writing(state)
  return { result: { op: 'txn', response: runTxn(chosen, writing) }, writing }
}

function compact(revision: number, state: DecideState): Decision {
  if (revision <= state.compactRevision) return refused('compacted')
  if (revision > state.revision) return refused('future-revision')
  return { result: { op: 'compact' }, compactTo: revision }
}

function grant(id: bigint, ttl: number, { lessor, at }: DecideState): Decision {
  if (lessor.has(id)) return refused('lease-exists')
  const lease: LeaseRecord = { id, granted: at.index, ttl, remaining: 0 }
  lessor.add(lease)
  return {
    result: { op: 'lease-grant', id, ttl },
    rows: [{ row: 'lease', lease }],
    leaseEvents: [{ type: 'granted', lease }],
  }
}

/**
 * An expirer's revoke counts only in the term in which it was decided, later ones count time anew; and only
 * for the very lease whose time is over.
 */
function revoke(command: Command & { op: 'lease-revoke' }, state: DecideState): Decision {
  const { id, term, granted } = command
  if (term !== 0 && term !== state.at.term) return refused('stale-revoke')
  const lease = state.lessor.get(id)
  if (lease === undefined) return refused('lease-not-found')
  if (granted !== 0 && granted !== lease.granted) return refused('stale-revoke')
  const writing = new Writing(state)
  writing.deleteKeys(state.lessor.keysOf(id))
  state.lessor.remove(id)
  return {
    result: { op: 'lease-revoke' },
    writing,
    rows: [{ row: 'lease-drop', id }],
    leaseEvents: [{ type: 'revoked', id }],
  }
}

function checkpoint(command: Command & { op: 'lease-checkpoint' }, state: DecideState): Decision {
  if (command.term !== state.at.term) return refused('stale-revoke')
  const rows: KvWrite[] = []
  const leaseEvents: LeaseEvent[] = []
  for (const { id, granted, seconds } of command.remaining) {
    if (state.lessor.get(id)?.granted !== granted) continue
    const lease = state.lessor.checkpoint(id, seconds)
    rows.push({ row: 'lease', lease })
    leaseEvents.push({ type: 'checkpointed', id, remaining: lease.remaining })
  }
  return { result: { op: 'lease-checkpoint' }, rows, leaseEvents }
}

function refused(error: KvError): Decision {
  return { result: { op: 'error', error } }
}
