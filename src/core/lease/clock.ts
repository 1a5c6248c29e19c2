/**
 * The expirer's machine: it alone owns deadlines. It counts time (is primary) between `promote` and
 * `demote`; otherwise it only remembers what is granted. Inputs carry `nowMs`; what it wants done it returns.
 *
 * LEASE-I4: no revoke is proposed before the time promised to the last keep-alive, the grant or the
 * promotion is over. LEASE-I5: a lease whose time is over is never renewed again: keep-alives wait for its
 * revoke. LEASE-I6: at most 16 revokes are out at a time. LEASE-I7: every lease of a primary is in the
 * heap, at its due time or before.
 */

import { assert } from '../../base/assert.ts'
import type { LeaseRecord } from '../kv/applied.ts'
import type { LeaseRemaining } from '../kv/types.ts'
import { DueHeap } from './due-heap.ts'
import { spreadDeadlines } from './spread.ts'

export interface LeaseClockOptions {
  /** Added to every deadline at promotion. */
  readonly electionTimeoutMs: number
}

export type LeaseEffect =
  /** Propose a `lease-revoke`; tell `revokeFailed` if it was refused or its fate is unknown. */
  | {
      readonly type: 'revoke'
      readonly id: bigint
      readonly term: number
      readonly granted: number
    }
  /** Propose a `lease-checkpoint`; proposals must enter the log in the order given. */
  | {
      readonly type: 'checkpoint'
      readonly term: number
      readonly remaining: readonly LeaseRemaining[]
    }
  /** Answers a keep-alive. `ttl` 0: there is no such lease; undefined: not primary any more. */
  | { readonly type: 'renewed'; readonly ticket: number; readonly ttl: number | undefined }

const REVOKES_PER_TICK = 500
const REVOKES_OUT = 16
const RETRY_MS = 3000
const CHECKPOINT_EVERY_MS = 300_000
const CHECKPOINT_TTL_ABOVE = 300
const CHECKPOINTS_PER_ENTRY = 1000

interface Entry {
  lease: LeaseRecord
  /** When its time is over. */
  deadline: number
  /** When something is to be done: its deadline, or the next attempt to revoke it. */
  due: number
  /** A revoke is out and counted. */
  revoking: boolean
  /** A checkpoint was proposed and has not been applied. */
  checkpointing: boolean
  /** Keep-alives that wait for the revoke. */
  readonly waiting: number[]
  /** Keep-alives that wait until the checkpoint is cleared, lest a new leader expire the lease early. */
  readonly clearing: number[]
}

export class LeaseClock {
  readonly #electionTimeoutMs: number
  readonly #entries = new Map<bigint, Entry>()
  readonly #due = new DueHeap<Entry>()
  readonly #checkpoints = new DueHeap<Entry>()
  #term: number | undefined
  #revokesOut = 0
  #revokesLeft = REVOKES_PER_TICK

  constructor(options: LeaseClockOptions) {
    this.#electionTimeoutMs = options.electionTimeoutMs
  }

  /** The term in which it counts time; undefined when it does not. */
  get term(): number | undefined {
    return this.#term
  }

  get size(): number {
    return this.#entries.size
  }

  /** Replaces all it knows, as after a start or an installed snapshot. */
  load(leases: Iterable<LeaseRecord>, nowMs: number): readonly LeaseEffect[] {
    const effects = this.#dismissAll()
    this.#entries.clear()
    for (const lease of leases) this.#entries.set(lease.id, newEntry(lease))
    if (this.#term !== undefined) this.#startAll(nowMs)
    return effects
  }

  granted(lease: LeaseRecord, nowMs: number): void {
    const entry = newEntry(lease)
    this.#entries.set(lease.id, entry)
    if (this.#term === undefined) return
    this.#extend(entry, nowMs + lease.ttl * 1000)
    this.#due.push(entry.due, entry)
    this.#scheduleCheckpoint(entry, nowMs)
  }

  revoked(id: bigint, nowMs: number): readonly LeaseEffect[] {
    const entry = this.#entries.get(id)
    if (entry === undefined) return []
    this.#entries.delete(id)
    if (entry.revoking) this.#revokesOut--
    const effects = [...entry.waiting, ...entry.clearing].map(
      (ticket): LeaseEffect => ({ type: 'renewed', ticket, ttl: 0 }),
    )
    this.#revokeDue(nowMs, effects)
    return effects
  }

  checkpointed(id: bigint, remaining: number): readonly LeaseEffect[] {
    const entry = this.#entries.get(id)
    if (entry === undefined) return []
    entry.lease = { ...entry.lease, remaining }
    if (remaining !== 0) return []
    entry.checkpointing = false
    if (entry.due !== entry.deadline) {
      // Its revoke was proposed meanwhile: LEASE-I5.
      entry.waiting.push(...entry.clearing.splice(0))
      return []
    }
    const { ttl } = entry.lease
    return entry.clearing.splice(0).map((ticket) => ({ type: 'renewed', ticket, ttl }))
  }

  /** This node leads in `term` and has applied all earlier entries: every lease runs anew. */
  promote(term: number, nowMs: number): readonly LeaseEffect[] {
    assert(this.#term === undefined || term > this.#term, 'terms only grow')
    const effects = this.#dismissAll()
    this.#term = term
    this.#startAll(nowMs)
    return effects
  }

  demote(): readonly LeaseEffect[] {
    this.#term = undefined
    this.#due.clear()
    this.#checkpoints.clear()
    return this.#dismissAll()
  }

  /** Only after this term was confirmed by read-index since the request came in. */
  keepAlive(id: bigint, ticket: number, nowMs: number): readonly LeaseEffect[] {
    if (this.#term === undefined) return [{ type: 'renewed', ticket, ttl: undefined }]
    const entry = this.#entries.get(id)
    if (entry === undefined) return [{ type: 'renewed', ticket, ttl: 0 }]
    if (nowMs >= entry.deadline) {
      entry.waiting.push(ticket)
      return []
    }
    const { granted, ttl, remaining } = entry.lease
    this.#extend(entry, Math.max(entry.deadline, nowMs + ttl * 1000))
    if (remaining === 0 && !entry.checkpointing) return [{ type: 'renewed', ticket, ttl }]
    entry.clearing.push(ticket)
    return [{ type: 'checkpoint', term: this.#term, remaining: [{ id, granted, seconds: 0 }] }]
  }

  /** Whole seconds, while primary; undefined when there is no such lease. */
  timeToLive(
    id: bigint,
    nowMs: number,
  ): { readonly ttl: number; readonly grantedTtl: number } | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined || this.#term === undefined) return undefined
    const left = Math.floor((entry.deadline - nowMs) / 1000)
    return { ttl: Math.max(0, left), grantedTtl: entry.lease.ttl }
  }

  /** By expiry while primary, else by id. */
  ids(): readonly bigint[] {
    const entries = [...this.#entries.values()]
    entries.sort(this.#term === undefined ? byId : (a, b) => a.deadline - b.deadline || byId(a, b))
    return entries.map((entry) => entry.lease.id)
  }

  /** Every 500 ms. */
  tick(nowMs: number): readonly LeaseEffect[] {
    const effects: LeaseEffect[] = []
    if (this.#term === undefined) return effects
    this.#revokesLeft = REVOKES_PER_TICK
    this.#revokeDue(nowMs, effects)
    this.#checkpointDue(nowMs, effects)
    return effects
  }

  /** It is tried again after 3 s; until then others have its place. */
  revokeFailed(id: bigint, nowMs: number): readonly LeaseEffect[] {
    const effects: LeaseEffect[] = []
    const entry = this.#entries.get(id)
    if (entry?.revoking !== true) return effects
    entry.revoking = false
    entry.due = Math.max(entry.due, nowMs + RETRY_MS)
    this.#revokesOut--
    this.#revokeDue(nowMs, effects)
    return effects
  }

  /** Throws when an invariant above is broken. */
  audit(): void {
    this.#due.audit()
    this.#checkpoints.audit()
    assert(this.#revokesOut <= REVOKES_OUT, 'LEASE-I6: too many revokes are out')
    const heap = this.#due.recorded()
    let out = 0
    for (const entry of this.#entries.values()) {
      if (entry.revoking) out++
      if (this.#term === undefined) continue
      assert(
        (heap.get(entry) ?? Number.POSITIVE_INFINITY) <= entry.due,
        'LEASE-I7: a lease forgotten',
      )
      assert(entry.due >= entry.deadline, 'LEASE-I4: due before its time is over')
    }
    assert(out === this.#revokesOut, 'LEASE-I6: revokes out are miscounted')
  }

  #startAll(nowMs: number): void {
    this.#due.clear()
    this.#checkpoints.clear()
    const entries = [...this.#entries.values()]
    for (const entry of entries) {
      const seconds = entry.lease.remaining === 0 ? entry.lease.ttl : entry.lease.remaining
      this.#extend(entry, nowMs + seconds * 1000 + this.#electionTimeoutMs)
      this.#scheduleCheckpoint(entry, nowMs)
    }
    entries.sort((a, b) => a.deadline - b.deadline || byId(a, b))
    const deadlines = spreadDeadlines(entries.map((entry) => entry.deadline))
    for (const [i, entry] of entries.entries()) {
      this.#extend(entry, deadlines[i] as number)
      this.#due.push(entry.due, entry)
    }
  }

  #revokeDue(nowMs: number, effects: LeaseEffect[]): void {
    const term = this.#term
    if (term === undefined) return
    while (this.#revokesLeft > 0 && this.#revokesOut < REVOKES_OUT) {
      const entry = this.#due.pop(nowMs)
      if (entry === undefined) return
      const { id, granted } = entry.lease
      if (this.#entries.get(id) !== entry) continue
      if (entry.due <= nowMs) {
        if (!entry.revoking) this.#revokesOut++
        this.#revokesLeft--
        entry.revoking = true
        entry.due = nowMs + RETRY_MS
        effects.push({ type: 'revoke', id, term, granted })
      }
      this.#due.push(entry.due, entry)
    }
  }

  #checkpointDue(nowMs: number, effects: LeaseEffect[]): void {
    const term = this.#term as number
    let remaining: LeaseRemaining[] = []
    for (;;) {
      const entry = this.#checkpoints.pop(nowMs)
      if (entry === undefined) break
      const { id, granted } = entry.lease
      if (this.#entries.get(id) !== entry) continue
      this.#scheduleCheckpoint(entry, nowMs)
      const left = Math.ceil((entry.deadline - nowMs) / 1000)
      if (left <= 0 || left >= entry.lease.ttl) continue
      entry.checkpointing = true
      remaining.push({ id, granted, seconds: left })
      if (remaining.length < CHECKPOINTS_PER_ENTRY) continue
      effects.push({ type: 'checkpoint', term, remaining })
      remaining = []
    }
    if (remaining.length > 0) effects.push({ type: 'checkpoint', term, remaining })
  }

  #scheduleCheckpoint(entry: Entry, nowMs: number): void {
    if (entry.lease.ttl <= CHECKPOINT_TTL_ABOVE) return
    this.#checkpoints.push(nowMs + CHECKPOINT_EVERY_MS, entry)
  }

  #extend(entry: Entry, deadline: number): void {
    entry.deadline = deadline
    entry.due = deadline
  }

  /** All keep-alives under way are sent elsewhere, and no revoke is out any more. */
  #dismissAll(): LeaseEffect[] {
    const effects: LeaseEffect[] = []
    for (const entry of this.#entries.values()) {
      entry.revoking = false
      entry.checkpointing = false
      for (const ticket of [...entry.waiting.splice(0), ...entry.clearing.splice(0)]) {
        effects.push({ type: 'renewed', ticket, ttl: undefined })
      }
    }
    this.#revokesOut = 0
    return effects
  }
}

function newEntry(lease: LeaseRecord): Entry {
  const never = Number.POSITIVE_INFINITY
  return {
    lease,
    deadline: never,
    due: never,
    revoking: false,
    checkpointing: false,
    waiting: [],
    clearing: [],
  }
}

function byId(a: Entry, b: Entry): number {
  return a.lease.id < b.lease.id ? -1 : a.lease.id > b.lease.id ? 1 : 0
}
