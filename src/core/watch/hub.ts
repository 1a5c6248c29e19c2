/**
 * The hub of one group: which shards listen, and what the last revision was. Every revision goes once to
 * each listening shard; who missed some finds out by the numbers and reads them from history.
 *
 * WATCH-I1: to each shard a status goes first, then revisions in ascending order.
 */

import { assert } from '../../base/assert.ts'
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

export class WatchHub {
  #status: WatchStatus
  readonly #shards = new Set<number>()

  constructor(status: WatchStatus) {
    this.#status = status
  }

  get status(): WatchStatus {
    return this.#status
  }

  get shards(): readonly number[] {
    return [...this.#shards]
  }

  /** Again is as well as once: the answer tells a restarted door where the group is. */
  subscribe(shard: number): readonly HubEffect[] {
    this.#shards.add(shard)
    return [{ type: 'status', shard, status: this.#status }]
  }

  unsubscribe(shard: number): void {
    this.#shards.delete(shard)
  }

  applied(revision: number, term: number, events: readonly Event[]): readonly HubEffect[] {
    assert(events.length > 0, 'a revision without an event')
    assert(revision > this.#status.revision, 'WATCH-I1: a revision told twice')
    this.#status = { ...this.#status, revision, term }
    return this.shards.map((shard) => ({ type: 'revision', shard, revision, term, events }))
  }

  /** After a compaction, a change of term, an installed snapshot, and now and then. */
  announce(status: WatchStatus): readonly HubEffect[] {
    this.#status = status
    return this.shards.map((shard) => ({ type: 'status', shard, status }))
  }
}
