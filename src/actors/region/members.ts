/**
 * Who belongs to the region, as its leader carries out the driver's orders: a newcomer is announced through the
 * log, added as a learner, invited to its store; voters change in one joint step; who is removed is told.
 */

import type { PeerId } from '../../base/ids.ts'
import { isMember } from '../../core/raft/configuration.ts'
import type { MembershipStep } from '../../core/raft/types.ts'
import { peerOf } from '../../core/region/descriptor.ts'
import type { RegionEntry } from '../../core/region/entry.ts'
import type { RegionOrder, RegionPeer } from '../../core/region/types.ts'
import type { Context } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import type { StoreInvite } from '../../wire/messages/store.ts'
import { encodeRegionEntry } from '../../wire/region-entry.ts'
import { expelled } from './fence.ts'
import type { Replica } from './replica.ts'

type Of<T extends RegionOrder['order']> = Extract<RegionOrder, { readonly order: T }>

const INVITE_TAG = 'invite:'
const INVITE_MS = 3000
/** Ticks between looks at newcomers that have not been heard of. */
const INVITE_TICKS = 5

export class Members {
  readonly #replica: Replica
  /** As the descriptor had them before the last change. */
  #peers: readonly RegionPeer[]
  /** A guest does not before its leader has added it. */
  #belonged: boolean
  readonly #inviting = new Set<PeerId>()
  /** Announced by this leader, to be added when that is applied. Another leader waits for its own order. */
  #adding: PeerId | undefined
  #ticks = 0

  constructor(replica: Replica) {
    this.#replica = replica
    this.#peers = replica.descriptor.peers
    this.#belonged = peerOf(replica.descriptor, replica.self) !== undefined
  }

  /** Why the order is not carried out; undefined: it is done, or under way. */
  addLearner(order: Of<'add-learner'>, driverEpoch: number): string | undefined {
    const { raft, descriptor } = this.#replica
    if (isMember(raft.core.configuration, order.peer)) return undefined
    const there = descriptor.peers.find((it) => it.store === order.store)
    if (there !== undefined) return `peer ${there.peer} is on ${order.store} already`
    const known = this.#replica.peer(order.peer)
    if (known !== undefined) return this.#change([{ type: 'add-learner', peer: order.peer }])
    const { peer, store, incarnation } = order
    this.#adding = peer
    const newcomer: RegionPeer = { peer, store, incarnation, role: 'learner' }
    return this.#propose({ type: 'announce', epoch: descriptor.epoch, driverEpoch, peer: newcomer })
  }

  switch({ promote, demote }: Of<'switch'>): string | undefined {
    const { voters } = this.#replica.raft.core.configuration
    const steps: MembershipStep[] = [
      ...promote
        .filter((peer) => !voters.includes(peer))
        .map((peer) => ({ type: 'add-voter', peer }) as const),
      ...demote
        .filter((peer) => voters.includes(peer))
        .map((peer) => ({ type: 'add-learner', peer }) as const),
    ]
    const stranger = [...promote, ...demote].find((peer) => !peerOf(this.#replica.descriptor, peer))
    if (stranger !== undefined) return `peer ${stranger} does not belong to this region`
    return steps.length === 0 ? undefined : this.#change(steps)
  }

  remove({ peer }: Of<'remove'>): string | undefined {
    const { configuration } = this.#replica.raft.core
    if (!isMember(configuration, peer)) return undefined
    if (!configuration.learners.includes(peer)) return `peer ${peer} votes: demote it first`
    return this.#change([{ type: 'remove', peer }])
  }

  transfer({ to }: Of<'transfer'>): string | undefined {
    const outcome = this.#replica.raft.transfer(to)
    return outcome.ok || outcome.reason === 'already-leader' ? undefined : outcome.reason
  }

  /** To whichever voter is furthest on. */
  handOver(): void {
    const { raft, leads, descriptor } = this.#replica
    if (!leads) return
    const [best] = raft
      .status()
      .followers.filter(({ peer, down }) => !down && peerOf(descriptor, peer)?.role === 'voter')
      .sort((a, b) => b.match - a.match)
    if (best !== undefined) raft.transfer(best.peer)
  }

  /** The descriptor has other peers than before: those that are gone are told so by the leader. */
  changed(context: Context): void {
    const { descriptor, leads } = this.#replica
    const gone = this.#peers.filter(({ peer }) => peerOf(descriptor, peer) === undefined)
    this.#peers = descriptor.peers
    this.#belonged ||= peerOf(descriptor, this.#replica.self) !== undefined
    this.#replica.caughtUp()
    if (!leads) return
    for (const { store } of gone) {
      context.send(this.#replica.actorAt(store), expelled(this.#replica))
    }
  }

  /** An announcement is applied: its newcomer can be added. */
  announced(): void {
    const { announced } = this.#replica.state
    if (this.#adding === undefined || !announced.some(({ peer }) => peer === this.#adding)) return
    this.#change([{ type: 'add-learner', peer: this.#adding }])
    this.#adding = undefined
  }

  /** Invites learners that have said nothing yet. */
  tick(context: Context): void {
    if (!this.#replica.leads || ++this.#ticks % INVITE_TICKS !== 0) return
    for (const { peer, match } of this.#replica.raft.status().followers) {
      const known = this.#replica.peer(peer)
      if (match > 0 || known === undefined || this.#inviting.has(peer)) continue
      this.#inviting.add(peer)
      const { descriptor } = this.#replica
      const invite: StoreInvite = { kind: 'store.invite', descriptor, peer }
      const tag = `${INVITE_TAG}${peer}`
      context.ask(address(known.store, 'store', known.store), invite, { tag, timeoutMs: INVITE_MS })
    }
  }

  ownsTag(tag: string): boolean {
    return tag.startsWith(INVITE_TAG)
  }

  /** Asked again while nothing is heard of it. */
  invited(tag: string): void {
    this.#inviting.delete(Number(tag.slice(INVITE_TAG.length)) as PeerId)
  }

  /** The removal of this very peer is applied. */
  get left(): boolean {
    return this.#belonged && peerOf(this.#replica.descriptor, this.#replica.self) === undefined
  }

  #change(steps: readonly MembershipStep[]): string | undefined {
    const outcome = this.#replica.raft.change({ type: 'change', steps, explicitLeave: false })
    if (outcome.ok || outcome.reason === 'nothing-to-change') return undefined
    return outcome.reason
  }

  #propose(entry: RegionEntry): string | undefined {
    const outcome = this.#replica.raft.propose(encodeRegionEntry(entry))
    return outcome.ok ? undefined : outcome.reason
  }
}
