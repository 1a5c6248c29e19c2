/**
 * Which messages of Raft count. A peer that the descriptor names must live where it says, on the data directory
 * it says: an emptied disk is another store. One that it does not name counts if it speaks from a later
 * configuration; else it is no member any more, and is told so.
 */

import type { RaftMessage } from '../../core/raft/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { Address } from '../../runtime/address.ts'
import type { RegionExpelled, RegionRaft } from '../../wire/messages/region.ts'
import type { Replica } from './replica.ts'

const TELL_MS = 1000

export class Fence {
  readonly #replica: Replica
  #toldMs = Number.NEGATIVE_INFINITY

  constructor(replica: Replica) {
    this.#replica = replica
  }

  /** The message, if it counts. */
  pass(carrier: RegionRaft, from: Address, context: Context): RaftMessage | undefined {
    const { message, incarnation, confVer } = carrier
    if (message.to !== this.#replica.self) return undefined
    const known = this.#replica.peer(message.from)
    if (known !== undefined) {
      return known.store === from.node && known.incarnation === incarnation ? message : undefined
    }
    if (confVer > this.#replica.descriptor.epoch.confVer) {
      this.#replica.heardNewer(message.from, from.node)
      return message
    }
    this.#expel(from, context)
    return undefined
  }

  /** Whether the word that this peer is no member is to be believed: it comes from a later configuration. */
  expels({ descriptor }: RegionExpelled): boolean {
    const { self } = this.#replica
    const { epoch } = this.#replica.descriptor
    if (descriptor.epoch.confVer <= epoch.confVer) return false
    return !descriptor.peers.some(({ peer }) => peer === self)
  }

  #expel(from: Address, context: Context): void {
    context.mark('region.stranger-expelled')
    if (context.nowMs - this.#toldMs < TELL_MS) return
    this.#toldMs = context.nowMs
    context.send(from, expelled(this.#replica))
  }
}

export function expelled({ descriptor }: Replica): RegionExpelled {
  return { kind: 'region.expelled', descriptor }
}
