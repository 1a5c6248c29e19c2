/** What the Raft machine wants done, done in its order through the context. */

import { unreachable } from '../../base/assert.ts'
import type { Entry, RaftEffect } from '../../core/raft/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { CommitWord } from '../consensus/commit-word.ts'
import type { Applier } from './applier.ts'
import type { Neighbours } from './neighbours.ts'
import type { Reads } from './reads.ts'
import type { Reclaim } from './reclaim.ts'
import type { Replica } from './replica.ts'
import type { Snapshots } from './snapshots.ts'
import type { Writes } from './writes.ts'

export interface EffectRooms {
  readonly applier: Applier
  readonly writes: Writes
  readonly reads: Reads
  readonly neighbours: Neighbours
  readonly snapshots: Snapshots
  readonly reclaim: Reclaim
  readonly commitWord: CommitWord
}

type Of<T extends RaftEffect['type']> = Extract<RaftEffect, { readonly type: T }>

export class EffectRunner {
  readonly #replica: Replica
  readonly #rooms: EffectRooms
  #quiet = false
  /** Applied index at the last cut of the log. */
  #cutAt: number

  constructor(replica: Replica, rooms: EffectRooms) {
    this.#replica = replica
    this.#rooms = rooms
    this.#cutAt = replica.status().firstIndex - 1
  }

  /** The group went to sleep: no ticks. */
  get quiet(): boolean {
    return this.#quiet
  }

  /** Takes what the machine has gathered. */
  run(context: Context): void {
    for (const effect of this.#replica.raft.take()) this.#perform(effect, context)
    this.#cutLog()
  }

  #perform(effect: RaftEffect, context: Context): void {
    const { disk } = this.#replica
    switch (effect.type) {
      case 'persist':
        disk.persist(effect, context)
        return
      case 'send':
        if (!this.#rooms.commitWord.holds(effect.message, context)) this.#send(effect, context)
        return
      case 'apply':
        this.#rooms.applier.apply(effect.entries, context)
        this.#rooms.reclaim.applied(bytesOf(effect.entries))
        this.#rooms.neighbours.applied(context)
        this.#replica.actSoon(context)
        return
      case 'read-state':
        this.#rooms.reads.confirmed(effect.token, effect.index, context)
        return
      case 'read-refused':
        this.#rooms.reads.refused(effect.token, context)
        return
      case 'fetch-log':
        disk.fetch(effect, context)
        return
      case 'compact-log':
        disk.cut(effect, context)
        this.#rooms.reclaim.cutLog(effect.from, effect.to, context)
        return
      case 'role-change':
        this.#roleChange(effect, context)
        return
      case 'quiesce':
      case 'wake':
        this.#quiet = effect.type === 'quiesce'
        return
      case 'mark':
        context.mark(effect.name)
        return
      case 'config-changed':
        context.log.info({ ...effect }, 'the members of the group changed')
        this.#rooms.neighbours.register(context)
        return
      case 'send-snapshot':
      case 'install-snapshot':
      case 'snapshot-unused':
        this.#rooms.snapshots.perform(effect, context)
        return
      default:
        unreachable(effect)
    }
  }

  #send(effect: Of<'send'>, context: Context): void {
    const to = this.#replica.actorOf(effect.to)
    if (to === undefined) return
    const carrier = this.#replica.carry(effect.message)
    if (effect.now) context.sendNow(to, carrier)
    else context.send(to, carrier)
  }

  #cutLog(): void {
    const { kv, serving, options, raft } = this.#replica
    if (!serving || kv.appliedIndex - this.#cutAt < options.limits.compactEntries) return
    this.#cutAt = kv.appliedIndex
    raft.step({ type: 'compact', index: kv.appliedIndex })
  }

  #roleChange(effect: Of<'role-change'>, context: Context): void {
    const replica = this.#replica
    const before = { leader: replica.leader, term: replica.term }
    replica.role = effect.role
    replica.term = effect.term
    replica.leader = effect.leader
    const elected = effect.leader !== undefined && effect.leader !== before.leader
    if (elected) {
      replica.contact.leaderKnown(context.nowMs)
      context.meter.count(`plasma_leader_changes_total{group="${replica.group}"}`)
    }
    context.log.info({ role: effect.role, term: effect.term, leader: effect.leader }, 'role')
    if (before.leader === effect.leader && before.term === effect.term) return
    this.#rooms.commitWord.forget()
    this.#rooms.writes.leaderChanged(context)
    this.#rooms.snapshots.leaderChanged(context)
    this.#rooms.neighbours.leadership(context)
  }
}

function bytesOf(entries: readonly Entry[]): number {
  let bytes = 0
  for (const entry of entries) if (entry.kind === 'data') bytes += entry.data.length
  return bytes
}
