/** What evaluating a command came to, and what it may look at. Evaluation is a pure function of both. */

import type { KeyText } from '../../mvcc/key-text.ts'
import type { SessionAnswer, Size } from '../entry.ts'
import type { LockTable } from '../lock-table.ts'
import type { RegionWrite } from '../rows.ts'
import type { Sessions } from '../sessions.ts'
import type { RegionRefusal, RegionResult, Timestamp } from '../types.ts'
import type { Knowledge } from './knowledge.ts'

export interface Scene {
  readonly locks: LockTable
  readonly sessions: Sessions
  readonly knowledge: Knowledge
  /** The command's own, drawn after it came in; NEVER for one that needs none. */
  readonly stamp: Timestamp
  /** Transactions that started at or below are over: nothing of theirs may come to be any more. */
  readonly safePoint: Timestamp
  /** The lowest timestamp at which these keys can be written; undefined: `stamp` is too old by now. */
  commitAt(texts: readonly KeyText[], atLeast: Timestamp): Timestamp | undefined
}

export type Verdict =
  /** The knowledge lacks something. */
  | { readonly type: 'wait' }
  | { readonly type: 'stamp' }
  | { readonly type: 'answer'; readonly result: RegionResult }
  | { readonly type: 'refuse'; readonly refusal: RegionRefusal }
  | Proposal

export interface Proposal {
  readonly type: 'propose'
  readonly writes: readonly RegionWrite[]
  /** Once it is applied. */
  readonly result: RegionResult
  /** Versions of a timestamp that this region chose: readers above must wait for them. */
  readonly commit?: Timestamp
  readonly session?: SessionAnswer
  readonly freed?: Size
  readonly safePoint?: Timestamp
  /** It was too much for one entry: once applied, the command goes on from this key of its list. */
  readonly goOnAt?: number
}

export const WAIT: Verdict = { type: 'wait' }
export const STAMP: Verdict = { type: 'stamp' }
export const answer = (result: RegionResult): Verdict => ({ type: 'answer', result })
