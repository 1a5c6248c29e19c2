/**
 * What the timestamp oracle is asked. Anybody asks the oracle of their own node; one that does not sit
 * beside the leader of group `system` hands what it has on to the one that does, as one question of the
 * same kind. Refused, as Chainfire's questions are, with `kv.refused`: then no timestamp was given.
 */

import type { Timestamp } from '../../core/region/types.ts'
import { count, struct } from '../schema.ts'
import { timestamp } from './region-values.ts'
import type { MessageShapes } from './shapes.ts'

/** So many timestamps, greater than all that anybody was given before this question left. */
export interface OracleStamps {
  readonly kind: 'oracle.stamps'
  /** At least 1; at most `MAX_STAMPS` of the core. */
  readonly count: number
}

/** `first`, `first` + 1, and so on: nobody else is given any of them. */
export interface OracleStampsAre {
  readonly kind: 'oracle.stamps-are'
  readonly first: Timestamp
  readonly count: number
}

/** To itself, behind the questions that are queued: now ask for them all. */
export interface OracleFlush {
  readonly kind: 'oracle.flush'
}

export type OracleMessage = OracleStamps | OracleStampsAre | OracleFlush

const asks = { lane: 'normal', refusal: 'fail' } as const
const answers = { lane: 'normal', refusal: 'drop' } as const

export const ORACLE_MESSAGES: MessageShapes = {
  'oracle.stamps': { tag: 140, delivery: asks, schema: struct({ count }) },
  'oracle.flush': { tag: 142, delivery: answers, schema: struct({}) },
  'oracle.stamps-are': { tag: 141, delivery: answers, schema: struct({ first: timestamp, count }) },
}
