/** What a region hears of other nodes, through its shard's pulse: so a quiet one needs no heartbeat of its own. */

import type { Context } from '../../runtime/actor.ts'
import { address, shardOfKey } from '../../runtime/address.ts'
import type { PulseRegister, PulseTold } from '../../wire/messages/pulse.ts'
import type { Replica } from './replica.ts'

export class Neighbours {
  readonly #replica: Replica

  constructor(replica: Replica) {
    this.#replica = replica
  }

  /** Names the nodes of the peers to this shard's pulse, which tells when one falls silent. */
  register(context: Context): void {
    const { descriptor, options } = this.#replica
    const nodes = descriptor.peers.map(({ store }) => store).filter((it) => it !== options.node)
    this.#register(nodes, context)
  }

  /** Nobody is to be listened to any more. */
  leave(context: Context): void {
    this.#register([], context)
  }

  /** A node's shard fell silent, came back, or is another one. */
  told({ node, now }: PulseTold): void {
    const { descriptor, raft } = this.#replica
    for (const { peer, store } of descriptor.peers) {
      if (store !== node) continue
      raft.step({ type: now === 'silent' ? 'peer-down' : 'peer-up', peer })
    }
    if (now === 'reborn') raft.step({ type: 'wake' })
  }

  #register(nodes: PulseRegister['nodes'], context: Context): void {
    const { options, id } = this.#replica
    const register: PulseRegister = { kind: 'pulse.register', nodes }
    const shard = shardOfKey(String(id), options.workers)
    context.sendNow(address(options.node, 'pulse', String(shard)), register)
  }
}
