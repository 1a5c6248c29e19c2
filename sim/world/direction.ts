/** One direction of a link: what is on its way, in order for each lane, and what waits behind a block. */

import type { Bytes } from '../../src/base/bytes.ts'
import type { LinkLane, PeerIdentity } from '../../src/net/link.ts'

export interface Parcel {
  readonly lane: LinkLane
  readonly frame: Bytes
  /** The connection it was sent on. */
  readonly epoch: number
  arrived: boolean
}

export class Direction {
  blocked = false
  /** True time at which blocking or pausing last changed. */
  silentSinceUs = 0
  /** Who sends here, as its handshake said. */
  identity: PeerIdentity | undefined
  #lanes: Record<LinkLane, Parcel[]> = { raft: [], bulk: [] }

  queuedBytes(lane: LinkLane): number {
    let bytes = 0
    for (const parcel of this.#lanes[lane]) bytes += parcel.frame.length
    return bytes
  }

  send(parcel: Parcel): void {
    this.#lanes[parcel.lane].push(parcel)
  }

  /** What may be handed over now: arrived, nothing before it missing, nothing blocked. */
  takeArrived(): Parcel[] {
    if (this.blocked) return []
    return [...takeHead(this.#lanes.raft), ...takeHead(this.#lanes.bulk)]
  }

  /** The connection ended: everything under way is lost. */
  clear(): void {
    this.#lanes = { raft: [], bulk: [] }
  }
}

function takeHead(lane: Parcel[]): Parcel[] {
  let length = 0
  while (lane[length]?.arrived) length++
  return lane.splice(0, length)
}
