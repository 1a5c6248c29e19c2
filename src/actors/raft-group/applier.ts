/**
 * Committed entries into the machine: one slice at a time, rows lazily behind, answers at once. What an
 * entry wrote and the applied index that counts it go to disk together.
 */

import { must } from '../../base/assert.ts'
import type { Applied, KvWrite, LeaseEvent, ValueReader } from '../../core/kv/applied.ts'
import type { Entry } from '../../core/raft/types.ts'
import type { Context } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import { kvOps } from '../../storage/kvrows.ts'
import { commandOf, noteOf, originOf } from '../../wire/command.ts'
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
  readonly read: ValueReader
}

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
    const rows: KvWrite[] = []
    const read = this.#values.reader(context, rows)
    const into: Slice = { rows, revisions: [], leaseEvents: [], read }
    const { revisions, leaseEvents } = into
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
    const command = commandOf(entry.data)
    const applied = kv.apply(entry, command, into.read)
    for (const write of applied.writes) into.rows.push(write)
    this.#keep(applied)
    for (const event of applied.leaseEvents) into.leaseEvents.push(event)
    if (applied.events.length > 0) {
      into.revisions.push({ revision: applied.revision, events: applied.events })
    }
    this.#writes.applied(originOf(entry.data), applied.result, context)
  }

  /** The event of a version has its place among the entry's events. */
  #keep({ writes, events }: Applied): void {
    for (const write of writes) {
      if (write.row !== 'put') continue
      const replaced = events[write.at.sub]?.previousRevision ?? 0
      this.#values.keep(write.at, write.kv, replaced)
    }
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
