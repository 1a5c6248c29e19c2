/** What the Raft machine wants done, done in its order through the context. */

import { unreachable } from '../../base/assert.ts'
import type { RaftEffect } from '../../core/raft/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { CommitWord } from '../consensus/commit-word.ts'
import type { Applier } from './applier.ts'
import type { Reads } from './reads.ts'
import type { Replica } from './replica.ts'
import type { SnapshotEffect } from './snapshots.ts'

type Of<T extends RaftEffect['type']> = Extract<RaftEffect, { readonly type: T }>

export interface EffectRooms {
  readonly applier: Applier
  readonly reads: Reads
  readonly commitWord: CommitWord
  /** More is applied. */
  applied(context: Context): void
  leaderChanged(context: Context): void
  snapshot(effect: SnapshotEffect, context: Context): void
}

export class EffectRunner {
  readonly #replica: Replica
  readonly #rooms: EffectRooms
  #quiet = false
  /** Applied index at the last cut of the log. */
  #cutAt: number
  #appliedBytes = 0

  constructor(replica: Replica, rooms: EffectRooms) {
    this.#replica = replica
    this.#rooms = rooms
    this.#cutAt = replica.raft.status().firstIndex - 1
  }

  /** The region went to sleep: no ticks. */
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
        for (const { data } of effect.entries) this.#appliedBytes += data.length
        this.#rooms.applied(context)
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
        return
      case 'send-snapshot':
      case 'install-snapshot':
      case 'snapshot-unused':
        this.#rooms.snapshot(effect, context)
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
    const { state, whole, flare, raft } = this.#replica
    const { logEntries, logBytes } = flare.region
    const grown = state.appliedIndex - this.#cutAt >= logEntries || this.#appliedBytes >= logBytes
    if (!whole || !grown) return
    this.#cutAt = state.appliedIndex
    this.#appliedBytes = 0
    raft.step({ type: 'compact', index: state.appliedIndex })
  }

  #roleChange(effect: Of<'role-change'>, context: Context): void {
    const replica = this.#replica
    const { leader, term } = replica
    replica.role = effect.role
    replica.term = effect.term
    replica.leader = effect.leader
    const { role } = effect
    context.log.debug({ role, term: effect.term, leader: effect.leader }, 'role')
    if (leader === effect.leader && term === effect.term) return
    this.#rooms.commitWord.forget()
    this.#rooms.leaderChanged(context)
  }
}
