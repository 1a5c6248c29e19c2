/**
 * The expirer's machine: it alone owns deadlines. Primary (it counts time) between `promote` and `demote`;
 * otherwise it only remembers what is granted. Inputs carry `nowMs`; what it wants done it returns.
 */

import type { LeaseRecord } from '../kv/applied.ts'

export interface LeaseClockOptions {
  /** Added to every full TTL at promotion. */
  readonly electionTimeoutMs: number
}

export type LeaseEffect =
  /** Propose a `lease-revoke`; tell `proposalFailed` if it certainly was not taken. */
  | { readonly type: 'revoke'; readonly id: bigint; readonly term: number }
  /** Propose a `lease-checkpoint`. */
  | {
      readonly type: 'checkpoint'
      readonly term: number
      readonly remaining: readonly (readonly [id: bigint, seconds: number])[]
    }
  /** Answers a keep-alive. `ttl` 0: there is no such lease; undefined: no longer primary, ask elsewhere. */
  | { readonly type: 'renewed'; readonly ticket: number; readonly ttl: number | undefined }

export declare class LeaseClock {
  constructor(options: LeaseClockOptions)
  /** The term in which it counts time; undefined when it does not. */
  readonly term: number | undefined

  /** Replaces all it knows, as after a start or an installed snapshot. */
  load(leases: Iterable<LeaseRecord>, nowMs: number): readonly LeaseEffect[]
  granted(lease: LeaseRecord, nowMs: number): readonly LeaseEffect[]
  revoked(id: bigint, nowMs: number): readonly LeaseEffect[]
  checkpointed(id: bigint, remaining: number): void

  promote(term: number, nowMs: number): readonly LeaseEffect[]
  demote(): readonly LeaseEffect[]

  /** Only after this term was confirmed by read-index since the request came in. */
  keepAlive(id: bigint, ticket: number, nowMs: number): readonly LeaseEffect[]
  /** Whole seconds left and granted; undefined when there is no such lease. */
  timeToLive(
    id: bigint,
    nowMs: number,
  ): { readonly ttl: number; readonly grantedTtl: number } | undefined
  /** By expiry when primary, else by id. */
  ids(): readonly bigint[]

  /** Every 500 ms. */
  tick(nowMs: number): readonly LeaseEffect[]
  /** A revoke was refused or its outcome is unknown: tried again after 3 s. */
  revokeFailed(id: bigint, nowMs: number): void
}
