/** What clients did and saw, with true times: the matter of every check of a history. */

import type {
  Header,
  LeaseTimeToLive,
  Outcome,
  WatchCreate,
  WatchResponse,
} from '../../src/actors/chainfire.ts'
import type {
  Command,
  CommandResult,
  RangeRequest,
  RangeResponse,
} from '../../src/core/kv/types.ts'

export interface Called {
  readonly client: string
  readonly node: string
  readonly invokeUs: number
  /** Undefined while, or because, no answer came: a write may or may not have happened. */
  returnUs: number | undefined
}

export interface WriteCall extends Called {
  readonly type: 'write'
  readonly command: Command
  outcome: Outcome<CommandResult> | undefined
}

export interface RangeCall extends Called {
  readonly type: 'range'
  readonly request: RangeRequest
  outcome: Outcome<RangeResponse> | undefined
}

export interface KeepAliveCall extends Called {
  readonly type: 'keep-alive'
  readonly id: bigint
  outcome: Outcome<{ readonly ttl: number }> | undefined
}

export interface TimeToLiveCall extends Called {
  readonly type: 'time-to-live'
  readonly id: bigint
  outcome: Outcome<LeaseTimeToLive> | undefined
}

export type Call = WriteCall | RangeCall | KeepAliveCall | TimeToLiveCall

/** One watcher on one stream: it ends with its stream, and its client opens the next. */
export interface WatchRecord {
  readonly client: string
  readonly node: string
  readonly create: WatchCreate
  readonly responses: { readonly atUs: number; readonly response: WatchResponse }[]
  /** Its stream was lost: the node died, or the client left. */
  ended: boolean
}

export interface History {
  readonly calls: Call[]
  readonly watches: WatchRecord[]
}

/** The call certainly happened, or certainly was refused by the replicated machine: it has a header. */
export function headerOf(call: Call): Header | undefined {
  const outcome = call.outcome
  return outcome !== undefined && 'header' in outcome ? outcome.header : undefined
}

/** A write of which nobody knows whether it happened. */
export function isUnknown(call: Call): boolean {
  if (call.type !== 'write') return false
  if (call.outcome === undefined) return true
  if ('header' in call.outcome) return false
  const { unavailable } = call.outcome
  return unavailable === 'leader-changed' || unavailable.startsWith('timeout')
}

/** Pairs of calls on common ground that were under way at once: without them a history proves nothing. */
export function countOverlaps(calls: readonly Called[]): number {
  const open: number[] = []
  let pairs = 0
  const sorted = [...calls].sort((a, b) => a.invokeUs - b.invokeUs)
  for (const call of sorted) {
    let kept = 0
    for (const end of open) if (end > call.invokeUs) open[kept++] = end
    open.length = kept
    pairs += kept
    open.push(call.returnUs ?? call.invokeUs)
  }
  return pairs
}
