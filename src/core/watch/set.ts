/**
 * The watchers of all streams of one thread. The door tells it what clients ask and what the hub says;
 * it answers what to deliver to which stream, and what it must know from history.
 */

import type { Event, KeyValue } from '../kv/types.ts'
import type { HistoryAnswer, WatchCreate, WatchEffect, WatchStatus } from './types.ts'

export interface WatchSetOptions {
  /** Responses of fragmenting watchers are split at about this many bytes. */
  readonly maxResponseBytes: number
}

export declare class WatchSet {
  constructor(options: WatchSetOptions)
  readonly revision: number
  readonly watcherCount: number

  /** `window`: so many responses may be under way before `consumed`. Stream numbers are never used twice. */
  open(stream: number, window: number): void
  close(stream: number): void
  create(stream: number, request: WatchCreate): readonly WatchEffect[]
  cancel(stream: number, watchId: number): readonly WatchEffect[]
  progress(stream: number): readonly WatchEffect[]
  consumed(stream: number, responses: number): readonly WatchEffect[]
  /** Every progress interval (10 minutes, or as configured). */
  progressTick(): readonly WatchEffect[]

  /** From the hub: first after subscribing, after a snapshot was installed, and whenever it likes. */
  status(status: WatchStatus): readonly WatchEffect[]
  /** From the hub: all events of one revision. */
  revisionApplied(revision: number, term: number, events: readonly Event[]): readonly WatchEffect[]

  history(ticket: number, answer: HistoryAnswer): readonly WatchEffect[]
  /** `values[i]` belongs to `pairs[i]`; undefined when it was not there or is compacted. */
  previous(ticket: number, values: readonly (KeyValue | undefined)[]): readonly WatchEffect[]
  /** Asks again for all that was asked and not answered: the group restarted or an ask failed. */
  retry(): readonly WatchEffect[]
}
