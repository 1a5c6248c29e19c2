/**
 * What committing a transaction asks of the world and what it is told. Whoever drives it finds regions, sends, repeats
 * what was refused or lost as long as its patience lasts, and waits; the machine decides what the answers mean.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { Lock, NamespaceId, RegionCommand, RegionResult, Timestamp } from '../region/types.ts'

export interface TxnMutation {
  readonly namespace: NamespaceId
  readonly key: Bytes
  readonly action: 'put' | 'insert' | 'delete' | 'lock'
  readonly value: Bytes
}

export interface TxnSpec {
  /** Its snapshot: what it read, it read at this. */
  readonly start: Timestamp
  /** Since then, by the clock of the oracle, about: locks last from the start on. */
  readonly elapsedMs: number
  /** Each key of a namespace once; at least one. The first is the primary. */
  readonly mutations: readonly TxnMutation[]
}

/** All but `end` are answered once each, with their number. */
export type TxnAsk =
  /** Which of these lie in one region, as far as is known. */
  | { readonly type: 'group'; readonly ask: number; readonly mutations: readonly TxnMutation[] }
  /** To the one region that holds `keys`. May come twice: sent again until there is an answer. */
  | {
      readonly type: 'command'
      readonly ask: number
      readonly namespace: NamespaceId
      readonly keys: readonly Bytes[]
      readonly command: RegionCommand
    }
  | { readonly type: 'stamp'; readonly ask: number }
  /** Find out whose these are, and end those that are over. */
  | {
      readonly type: 'clear'
      readonly ask: number
      readonly namespace: NamespaceId
      readonly locks: readonly Lock[]
    }
  | { readonly type: 'pause'; readonly ask: number; readonly ms: number }
  /** Whoever waits can be told. There may be more to ask, which changes nothing about it. */
  | { readonly type: 'end'; readonly outcome: TxnOutcome }

export type TxnAnswer =
  | { readonly type: 'grouped'; readonly parts: readonly (readonly TxnMutation[])[] }
  | { readonly type: 'result'; readonly result: RegionResult }
  /** Its keys lie in several regions now: the last time it was sent, it was refused for that. */
  | { readonly type: 'moved' }
  | { readonly type: 'stamp'; readonly stamp: Timestamp }
  /** `wait`: one of them lives. */
  | { readonly type: 'cleared'; readonly wait: boolean }
  | { readonly type: 'paused' }
  /** Certainly not done, however often it was sent, and patience is at an end. */
  | { readonly type: 'failed'; readonly text: string }
  /** It may have been done, and patience is at an end. */
  | { readonly type: 'unknown' }

export type TxnOutcome =
  | { readonly type: 'committed'; readonly at: Timestamp }
  /** Nothing of it is there, nor will be. `again`: the same from a new start may succeed. */
  | {
      readonly type: 'aborted'
      readonly reason: 'conflict' | 'exists' | 'locked' | 'rolled-back' | 'failed'
      /** On which key. */
      readonly key: Bytes | undefined
      readonly text: string
      readonly again: boolean
    }
  /** Its primary's commit was sent and never answered. */
  | { readonly type: 'undetermined' }
