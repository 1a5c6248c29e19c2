/**
 * Committed entries into the machine: one slice at a time, rows lazily behind, answers at once. What an
 * entry wrote and the applied index that counts it go to disk together.
 */

import { must } from '../../base/assert.ts'
import type { KvWrite, LeaseEvent, ValueReader } from '../../core/kv/applied.ts'
import type { KeyValue } from '../../core/kv/types.ts'
import type { RevisionId } from '../../core/mvcc/revision.ts'
import type { Entry } from '../../core/raft/types.ts'
import type { Context } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import { kvOps } from '../../storage/kvrows.ts'
import { decodeCommand, noteOf, ORIGIN_BYTES, originOf } from '../../wire/command.ts'
import type { LeaseEvents } from '../../wire/messages/lease.ts'
import type { AppliedRevision, WatchApplied } from '../../wire/messages/watch.ts'
import type { Membership } from './membership.ts'
import type { Replica } from './replica.ts'
import type { Values } from './values.ts'
import type { Writes } from './writes.ts'

/** What one `apply` effect gathers. */
interface Slice {
  readonly rows: KvWrite[]
  readonly revisions: AppliedRevision[]
  readonly leaseEvents: LeaseEvent[]
  /** What its entries put so far, by version. */
  readonly slice: Map<string, KeyValue>
}

const versionName = (at: RevisionId): string => `${at.main}.${at.sub}`

export class Applier {
  readonly #replica: Replica
  readonly #values: Values
  readonly #writes: Writes
  readonly #membership: Membership

  constructor(replica: Replica, values: Values, writes: Writes, membership: Membership) {
    this.#replica = replica
    this.#values = values
    this.#writes = writes
    this.#membership = membership
  }

  apply(entries: readonly Entry[], context: Context): void {
    const { kv } = this.#replica
    const into: Slice = { rows: [], revisions: [], leaseEvents: [], slice: new Map() }
    const { rows, revisions, leaseEvents } = into
    const compacted = kv.compactRevision
    for (const entry of entries) {
      if (entry.kind === 'data') this.#data(entry, into, context)
      else kv.skip(entry)
    }
    rows.push({ row: 'meta', meta: kv.meta() })
    context.writeLazily(kvOps(this.#replica.keys, rows))
    this.#tell(revisions, leaseEvents, kv.compactRevision !== compacted, context)
    const { index } = must(entries.at(-1), 'an apply effect has entries')
    this.#replica.raft.step({ type: 'applied', index })
  }

  #data(entry: Entry, into: Slice, context: Context): void {
    const { kv } = this.#replica
    const note = noteOf(entry.data)
    if (note !== undefined) {
      kv.skip(entry)
      this.#membership.noted(note, context)
      return
    }
    const command = decodeCommand(entry.data.subarray(ORIGIN_BYTES))
    const applied = kv.apply(entry, command, this.#reader(into.slice, context))
    for (const write of applied.writes) {
      into.rows.push(write)
      if (write.row !== 'put') continue
      this.#values.keep(write.at, write.kv)
      into.slice.set(versionName(write.at), write.kv)
    }
    for (const event of applied.leaseEvents) into.leaseEvents.push(event)
    if (applied.events.length > 0) {
      into.revisions.push({ revision: applied.revision, events: applied.events })
    }
    this.#writes.applied(originOf(entry.data), applied.result, context)
  }

  /** Values of this very slice are nowhere but here: their rows are written when it is done. */
  #reader(slice: ReadonlyMap<string, KeyValue>, context: Context): ValueReader {
    const reader = this.#values.reader(context)
    return { get: (at) => slice.get(versionName(at)) ?? reader.get(at) }
  }

  #tell(
    revisions: readonly AppliedRevision[],
    events: readonly LeaseEvent[],
    compacted: boolean,
    context: Context,
  ): void {
    const { group, kv, term } = this.#replica
    const { node } = context.self
    if (revisions.length > 0 || compacted) {
      const applied: WatchApplied = {
        kind: 'watch.applied',
        revisions,
        status: { revision: kv.revision, compactRevision: kv.compactRevision, term },
        compacted,
      }
      context.sendNow(address(node, 'watch-hub', group), applied)
    }
    if (events.length > 0) {
      const told: LeaseEvents = { kind: 'lease.events', events }
      context.sendNow(address(node, 'lease-expirer', group), told)
    }
  }
}
