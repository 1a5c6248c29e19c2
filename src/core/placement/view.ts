/**
 * The cluster at one moment, as rules look at it: who lives, how much each store holds. Made once for a
 * round of decisions and kept up to date by those that are taken in it.
 */

import type { NodeName } from '../../base/ids.ts'
import type { RegionDescriptor, RegionPeer } from '../region/types.ts'
import type { PlacementLimits } from './limits.ts'
import type { Picture } from './picture.ts'
import type { StoreRecord } from './records.ts'
import { contactOf, storeOf } from './stores.ts'
import type { StoreContact } from './types.ts'

/** What a store holds, counting what is on its way. */
export interface Weight {
  peers: number
  leaders: number
  bytes: number
  /** Moves that send to it or take from it. */
  moves: number
}

export interface Moment {
  readonly nowMs: number
  /** Since when this driver leads. */
  readonly sinceMs: number
}

export class View {
  readonly picture: Picture
  readonly limits: PlacementLimits
  readonly #moment: Moment
  readonly #weights = new Map<NodeName, Weight>()

  constructor(picture: Picture, limits: PlacementLimits, moment: Moment) {
    this.picture = picture
    this.limits = limits
    this.#moment = moment
    for (const name of picture.stores.keys()) this.weight(name)
    for (const seen of picture.regions.all()) {
      for (const peer of seen.descriptor.peers) {
        if (storeOf(picture, peer) === undefined) continue
        const weight = this.weight(peer.store)
        weight.peers += 1
        weight.bytes += seen.bytes
        if (seen.leader === peer.store) weight.leaders += 1
      }
    }
    for (const move of picture.moves.values()) {
      const region = picture.regions.get(move.region)
      const leaves = region?.descriptor.peers.find(({ peer }) => peer === move.remove)
      if (leaves !== undefined) this.weight(leaves.store).moves += 1
      if (move.add === undefined) continue
      const to = this.weight(move.add.store)
      to.moves += 1
      if (!region?.descriptor.peers.some(({ peer }) => peer === move.add?.peer)) {
        to.peers += 1
        to.bytes += region?.bytes ?? 0
      }
    }
  }

  weight(name: NodeName): Weight {
    const known = this.#weights.get(name)
    if (known !== undefined) return known
    const weight = { peers: 0, leaders: 0, bytes: 0, moves: 0 }
    this.#weights.set(name, weight)
    return weight
  }

  contact(name: NodeName): StoreContact {
    const { nowMs, sinceMs } = this.#moment
    return contactOf(this.picture, name, this.limits, sinceMs, nowMs)
  }

  /** Time enough has passed for stores and regions to be heard. */
  get settled(): boolean {
    return this.#moment.nowMs - this.#moment.sinceMs >= this.limits.settleMs
  }

  /** The peer's data directory is gone, its store was taken out, or nobody heard of it for too long. */
  isLost(peer: RegionPeer): boolean {
    const store = storeOf(this.picture, peer)
    return store === undefined || store.state === 'gone' || this.contact(peer.store) === 'dead'
  }

  /** Serves now, as far as beats tell. */
  isLive(peer: RegionPeer): boolean {
    return storeOf(this.picture, peer) !== undefined && this.contact(peer.store) === 'live'
  }

  /** Stores that may be given something: alive, wanted, with room, that do not hold the region yet. */
  takers(descriptor: RegionDescriptor | undefined): StoreRecord[] {
    return [...this.picture.stores.values()].filter(
      ({ name, state }) =>
        state === 'up' &&
        this.contact(name) === 'live' &&
        (this.picture.heard(name)?.load.freeBytes ?? 0) >= this.limits.minFreeBytes &&
        !descriptor?.peers.some((peer) => peer.store === name),
    )
  }
}
