/**
 * The cluster at one moment, as rules look at it: who lives, how much each store holds. Made once for a
 * round of decisions and kept up to date by those that are taken in it.
 */

import type { NodeName } from '../../base/ids.ts'
import type { RegionDescriptor, RegionPeer } from '../region/types.ts'
import type { PlacementLimits } from './limits.ts'
import type { Picture } from './picture.ts'
import type { MoveRecord, StoreRecord } from './records.ts'
import type { RegionSeen } from './regions.ts'
import { contactOf, storeOf } from './stores.ts'
import type { StoreContact } from './types.ts'

/** What a store holds, counting what is on its way. */
export interface Weight {
  peers: number
  leaders: number
  bytes: number
  /** Peers, and their bytes in units of a region's usual size: what balance is about. */
  score: number
  /** Moves that send to it or take from it. */
  moves: number
}

export interface Moment {
  readonly nowMs: number
  /** Since when this driver leads. */
  readonly sinceMs: number
}

/** As much as a peer itself: so full regions and empty ones are both spread. */
const SCORE_BYTES = 64 * 1024 * 1024

export const scoreOf = ({ bytes }: RegionSeen): number => 1 + bytes / SCORE_BYTES

export class View {
  readonly picture: Picture
  readonly limits: PlacementLimits
  readonly #moment: Moment
  readonly #weights = new Map<NodeName, Weight>()
  /** Whom anything may be given; looked for once. */
  #able: readonly StoreRecord[] | undefined

  constructor(picture: Picture, limits: PlacementLimits, moment: Moment) {
    this.picture = picture
    this.limits = limits
    this.#moment = moment
    for (const name of picture.stores.keys()) this.weight(name)
    for (const seen of picture.regions.all()) {
      for (const peer of seen.descriptor.peers) {
        if (storeOf(picture, peer) === undefined) continue
        this.#hold(peer.store, seen, 1)
        if (seen.leader === peer.store) this.weight(peer.store).leaders += 1
      }
    }
    for (const move of picture.moves.values()) this.#underWay(move)
  }

  weight(name: NodeName): Weight {
    const known = this.#weights.get(name)
    if (known !== undefined) return known
    const weight = { peers: 0, leaders: 0, bytes: 0, score: 0, moves: 0 }
    this.#weights.set(name, weight)
    return weight
  }

  /** Decided in this round: the next decision sees it. */
  planned(move: MoveRecord): void {
    this.#underWay(move)
  }

  transferred(from: NodeName, to: NodeName): void {
    this.weight(from).leaders -= 1
    this.weight(to).leaders += 1
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
  takers(descriptor: RegionDescriptor | undefined): readonly StoreRecord[] {
    this.#able ??= [...this.picture.stores.values()].filter((store) => this.#isAble(store))
    if (descriptor === undefined) return this.#able
    return this.#able.filter(({ name }) => !descriptor.peers.some((peer) => peer.store === name))
  }

  #isAble({ name, state }: StoreRecord): boolean {
    if (state !== 'up' || this.contact(name) !== 'live') return false
    return (this.picture.heard(name)?.load.freeBytes ?? 0) >= this.limits.minFreeBytes
  }

  /** What comes is counted where it goes, what goes no more where it was. */
  #underWay({ region, add, remove }: MoveRecord): void {
    const seen = this.picture.regions.get(region)
    const leaves = seen?.descriptor.peers.find(({ peer }) => peer === remove)
    if (seen !== undefined && leaves !== undefined) {
      if (storeOf(this.picture, leaves) !== undefined) this.#hold(leaves.store, seen, -1)
      this.weight(leaves.store).moves += 1
    }
    if (seen === undefined || add === undefined) return
    this.weight(add.store).moves += 1
    const there = seen.descriptor.peers.some(({ peer }) => peer === add.peer)
    if (!there) this.#hold(add.store, seen, 1)
  }

  #hold(name: NodeName, seen: RegionSeen, sign: 1 | -1): void {
    const weight = this.weight(name)
    weight.peers += sign
    weight.bytes += sign * seen.bytes
    weight.score += sign * scoreOf(seen)
  }
}
