/** What a region tells the actors beside it: its shard's pulse, which hears of other nodes for it, and its store. */

import type { Context } from '../../runtime/actor.ts'
import { address, shardOfKey } from '../../runtime/address.ts'
import type { PulseRegister, PulseTold } from '../../wire/messages/pulse.ts'
import type { Commands } from './commands.ts'
import type { Reads } from './reads.ts'
import type { Replica } from './replica.ts'
import { reportOf } from './status.ts'

/** A size that changed by less is not worth a word. */
const SIZE_STEP = 1 / 16
const SIZE_MIN = 64 * 1024

export class Neighbours {
  readonly #replica: Replica
  readonly #commands: Commands
  readonly #reads: Reads
  #toldBytes = 0

  constructor(replica: Replica, commands: Commands, reads: Reads) {
    this.#replica = replica
    this.#commands = commands
    this.#reads = reads
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

  /** Word for the driver: who leads, what the region is, and what it has done since the last word. */
  report(context: Context): void {
    const { node } = this.#replica.options
    const counts = { writes: this.#commands.taken, reads: this.#reads.taken }
    this.#commands.taken = 0
    this.#reads.taken = 0
    this.#toldBytes = this.#replica.state.size.bytes
    context.send(address(node, 'store', node), reportOf(this.#replica, counts))
  }

  /** Sizes are told as they grow. */
  applied(context: Context): void {
    const { bytes } = this.#replica.state.size
    const step = Math.max(SIZE_MIN, this.#toldBytes * SIZE_STEP)
    if (this.#replica.leads && Math.abs(bytes - this.#toldBytes) > step) this.report(context)
  }

  #register(nodes: PulseRegister['nodes'], context: Context): void {
    const { options, id } = this.#replica
    const register: PulseRegister = { kind: 'pulse.register', nodes }
    const shard = shardOfKey(String(id), options.workers)
    context.sendNow(address(options.node, 'pulse', String(shard)), register)
  }
}
