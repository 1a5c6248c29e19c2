/** Why a transaction does not commit, from what it was told. */

import type { Bytes } from '../../base/bytes.ts'
import type { RegionResult } from '../region/types.ts'
import type { TxnAnswer, TxnOutcome } from './types.ts'

export type Aborted = Extract<TxnOutcome, { type: 'aborted' }>

export const aborted = (
  reason: Aborted['reason'],
  key: Bytes | undefined,
  text: string,
  again: boolean,
): Aborted => ({ type: 'aborted', reason, key, text, again })

export const unanswered = (answer: TxnAnswer): Aborted =>
  aborted('failed', undefined, answer.type === 'failed' ? answer.text : 'no answer in time', true)

export function conflicting({ reason, key }: Extract<RegionResult, { op: 'conflict' }>): Aborted {
  switch (reason) {
    case 'exists':
      return aborted('exists', key, 'the key to be inserted exists', false)
    case 'newer-version':
      return aborted('conflict', key, 'another transaction has written the key since', true)
    case 'rolled-back':
      return aborted('rolled-back', key, 'it took too long, and others have rolled it back', true)
    case 'commit-too-low':
    case 'committed':
      return aborted('failed', key, 'its region and it disagree about what it did', false)
  }
}
