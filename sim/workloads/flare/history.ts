/** What clients of FlareDB did and saw, with true times: the matter of its checks. Keys and values as text. */

import type { Problem } from '../../../src/actors/flare/flare.ts'

interface Called {
  readonly client: string
  readonly node: string
  readonly invokeUs: number
  /** Undefined while, or because, no answer came: a write may or may not have happened. */
  returnUs: number | undefined
}

export interface Seen {
  readonly key: string
  readonly value: string
  readonly version: bigint
}

/** A put or delete of one key. Values are unique in a run. */
export interface WriteCall extends Called {
  readonly type: 'write'
  readonly key: string
  /** Undefined: a delete. */
  readonly value: string | undefined
  readonly expect: bigint | undefined
  outcome:
    | { readonly type: 'written'; readonly version: bigint }
    | { readonly type: 'mismatch'; readonly found: bigint }
    | Problem
    | undefined
}

/** Of some keys, or a scan of everything, over all its pages. */
export interface ReadCall extends Called {
  readonly type: 'get' | 'scan'
  readonly keys: readonly string[]
  /** A snapshot; undefined: the newest. */
  readonly at: bigint | undefined
  readonly reverse: boolean
  rows: readonly Seen[] | undefined
}

export interface TxnCall extends Called {
  readonly type: 'txn'
  start: bigint
  readonly work: 'append' | 'transfer'
  readonly reads: Seen[]
  /** Keys it read, also those that were not there. */
  readonly readKeys: string[]
  readonly writes: { readonly key: string; readonly value: string }[]
  /** What it appended. */
  readonly appends: { readonly key: string; readonly element: string }[]
  outcome:
    | { readonly type: 'committed'; readonly at: bigint }
    | { readonly type: 'aborted' }
    | Problem
    | undefined
}

export interface StampsCall extends Called {
  readonly type: 'stamps'
  first: bigint
  count: number
}

/** Asked of a region itself, under an epoch that is over: it must be refused. */
export interface StaleCall extends Called {
  readonly type: 'stale'
  readonly region: number
  readonly version: number
  done: boolean
}

export type FlareCall = WriteCall | ReadCall | TxnCall | StampsCall | StaleCall

/** Nobody knows whether it happened. */
export function isOpen(call: WriteCall | TxnCall): boolean {
  const { outcome } = call
  return outcome === undefined || ('reason' in outcome && outcome.reason === 'undetermined')
}
