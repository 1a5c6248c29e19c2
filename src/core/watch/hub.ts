/**
 * The hub of one group: which shards listen, and what the last revision was. Every revision goes once to
 * each listening shard; who missed some finds out by the numbers and reads them from history.
 */

import type { Event } from '../kv/types.ts'
import type { WatchStatus } from './types.ts'

export type HubEffect =
  | { readonly type: 'status'; readonly shard: number; readonly status: WatchStatus }
  | {
      readonly type: 'revision'
      readonly shard: number
      readonly revision: number
      readonly term: number
      readonly events: readonly Event[]
    }

export declare class WatchHub {
  constructor(status: WatchStatus)
  readonly status: WatchStatus
  readonly shards: readonly number[]
  subscribe(shard: number): readonly HubEffect[]
  unsubscribe(shard: number): void
  applied(revision: number, term: number, events: readonly Event[]): readonly HubEffect[]
  /** After a compaction, a change of term, an installed snapshot, and now and then. */
  announce(status: WatchStatus): readonly HubEffect[]
}
