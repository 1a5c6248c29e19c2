/** What a group tells the actors that live beside it: its lease expirer, its watch hub, and oracle and driver beside group `system`. */

import type { Context, Question } from '../../runtime/actor.ts'
import { type Address, address, shardOfKey } from '../../runtime/address.ts'
import type { GroupLeadership } from '../../wire/messages/group.ts'
import type { LeaseKeysAre, LeaseLoaded } from '../../wire/messages/lease.ts'
import type { PulseRegister, PulseTold } from '../../wire/messages/pulse.ts'
import type { WatchApplied } from '../../wire/messages/watch.ts'
import { PLACEMENT_DRIVER, SYSTEM, TIMESTAMP_ORACLE } from '../flare-options.ts'
import { LEASE_EXPIRER } from '../lease-expirer/behavior.ts'
import type { Replica } from './replica.ts'

export class Neighbours {
  readonly #replica: Replica
  /** The term in which the expirer was told to count time; 0: it was told not to. */
  #readyIn = 0
  /** Who hears of leadership. */
  readonly #heeding: readonly Address[]

  constructor(replica: Replica) {
    this.#replica = replica
    const { group, options } = replica
    const drives = options.flare !== undefined && group === SYSTEM
    const kinds = drives ? [LEASE_EXPIRER, TIMESTAMP_ORACLE, PLACEMENT_DRIVER] : [LEASE_EXPIRER]
    this.#heeding = kinds.map((kind) => address(options.node, kind, group))
  }

  /** At the start of a life, and when a snapshot took everything's place. */
  greet(context: Context): void {
    this.#tellLeases(context)
    this.greetHub(context)
    this.#tellLeadership(context)
    this.register(context)
  }

  /** Names the nodes of the members to this shard's pulse, which tells when one falls silent. */
  register(context: Context): void {
    const { group, directory, options } = this.#replica
    // A newcomer is in nobody's configuration yet, but must be heard to get there.
    const nodes = new Set(directory.members().map((member) => member.node))
    nodes.delete(options.node)
    const register: PulseRegister = { kind: 'pulse.register', nodes: [...nodes] }
    const shard = shardOfKey(group, options.workers)
    context.sendNow(address(options.node, 'pulse', String(shard)), register)
  }

  /** A node's shard fell silent, came back, or is another one. */
  told({ node, now }: PulseTold, context: Context): void {
    const { directory, raft, contact } = this.#replica
    for (const { peer } of directory.members()) {
      if (directory.nodeOf(peer) !== node) continue
      raft.step({ type: now === 'silent' ? 'peer-down' : 'peer-up', peer })
      if (now === 'silent') contact.silent(peer)
      else contact.heard(peer, context.nowMs)
    }
    if (now === 'reborn') raft.step({ type: 'wake' })
  }

  greetExpirer(context: Context): void {
    this.#tellLeases(context)
    context.sendNow(this.#expirer(context), this.#leadershipNow())
  }

  /** A new life beside the group asks who leads; of changes all of them are told. */
  heed(from: Address, context: Context): void {
    context.sendNow(from, this.#leadershipNow())
  }

  greetHub(context: Context): void {
    const { kv, term, group } = this.#replica
    const applied: WatchApplied = {
      kind: 'watch.applied',
      revisions: [],
      status: { revision: kv.revision, compactRevision: kv.compactRevision, term },
      compacted: true,
    }
    context.sendNow(address(context.self.node, 'watch-hub', group), applied)
  }

  leadership(context: Context): void {
    this.#tellLeadership(context)
    this.greetHub(context)
  }

  /** A leader counts time once it has applied all that earlier leaders left: its own first entry. */
  applied(context: Context): void {
    const { leads, kv, term } = this.#replica
    if (leads && this.#readyIn !== term && kv.appliedTerm === term) this.#tellLeadership(context)
  }

  leaseKeys(id: bigint, question: Question, context: Context): void {
    const keys = this.#replica.kv.leaseKeys(id)
    const are: LeaseKeysAre = { kind: 'lease.keys-are', header: this.#replica.header(), keys }
    context.answerNow(question, are)
  }

  #tellLeases(context: Context): void {
    const loaded: LeaseLoaded = { kind: 'lease.loaded', leases: [...this.#replica.kv.leases()] }
    context.sendNow(this.#expirer(context), loaded)
  }

  #tellLeadership(context: Context): void {
    const told = this.#leadershipNow()
    this.#readyIn = told.leads ? told.term : 0
    for (const to of this.#heeding) context.sendNow(to, told)
  }

  #leadershipNow(): GroupLeadership {
    const { leads, term, leader, directory, kv } = this.#replica
    const node = leader === undefined ? undefined : directory.nodeOf(leader)
    const ready = leads && kv.appliedTerm === term
    return { kind: 'group.leadership', term, leads: ready, leader: node }
  }

  #expirer(context: Context) {
    return address(context.self.node, LEASE_EXPIRER, this.#replica.group)
  }
}
