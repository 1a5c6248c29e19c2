/**
 * Since when this member has heard each of the others, and since when it knows the leader of now: what
 * a request that ran out of time is blamed on, as etcd blames it.
 */

import type { PeerId } from '../../base/ids.ts'
import type { RefusalReason } from '../../wire/messages/group.ts'

/** Whom a request at this member depends on. */
export interface Dependence {
  readonly self: PeerId
  readonly leader: PeerId | undefined
  readonly voters: readonly PeerId[]
  readonly electionMs: number
}

export class Contact {
  #leaderSinceMs = Number.NEGATIVE_INFINITY
  /** Infinite while a peer is silent; who was never silent is not here. */
  readonly #heardSinceMs = new Map<PeerId, number>()

  leaderKnown(nowMs: number): void {
    this.#leaderSinceMs = nowMs
  }

  heard(peer: PeerId, nowMs: number): void {
    if (this.#heardSinceMs.has(peer)) this.#heardSinceMs.set(peer, nowMs)
  }

  silent(peer: PeerId): void {
    this.#heardSinceMs.set(peer, Number.POSITIVE_INFINITY)
  }

  /** Why a request that came in at `startMs` found no answer in time. */
  blame(startMs: number, on: Dependence): RefusalReason {
    const elected = this.#leaderSinceMs
    if (startMs < elected && startMs > elected - 2 * on.electionMs) return 'timeout-leader-failed'
    return this.#connected(startMs, on) ? 'timeout' : 'timeout-disconnected'
  }

  /** To the leader, or as the leader to a majority, all the time since. */
  #connected(startMs: number, { self, leader, voters }: Dependence): boolean {
    const steady = (peer: PeerId): boolean => (this.#heardSinceMs.get(peer) ?? startMs) <= startMs
    if (leader === undefined) return true
    if (leader !== self) return steady(leader)
    const reached = voters.filter((peer) => peer === self || steady(peer))
    return reached.length * 2 > voters.length
  }
}
