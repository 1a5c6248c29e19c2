/**
 * What a node listens with, all on one UDP socket: a swarm per lane, each under its own key, so that
 * bulk never stands before consensus; and a door.
 */

import Hyperswarm from 'hyperswarm'
import type { Purpose } from './proof.ts'
import type { Dht, DhtServer, KeyPair, SecretStream, Swarm } from './stack.ts'

type Arrival = (stream: SecretStream, purpose: Purpose) => void

/** Links are dialled here, by address; the swarms themselves never dial whom they find. */
const NEVER_DIALS = 0

export class Servers {
  readonly #dht: Dht
  readonly #arrival: Arrival
  readonly #swarms: Swarm[] = []
  readonly #doors: DhtServer[] = []

  constructor(dht: Dht, arrival: Arrival) {
    this.#dht = dht
    this.#arrival = arrival
  }

  /**
   * Gives the swarm of the raft lane, which stands for this node under the topic. Calls are answered
   * from now on; announcing to the DHT takes its time when members are away, and nobody waits for it.
   */
  listen(raft: KeyPair, bulk: KeyPair, door: KeyPair): Swarm {
    const swarm = this.#openSwarm(raft, 'raft')
    const listening = [swarm.listen(), this.#openSwarm(bulk, 'bulk').listen()]
    const server = this.#dht.createServer()
    server.on('connection', (stream) => this.#arrival(stream, 'door'))
    this.#doors.push(server)
    listening.push(server.listen(door))
    for (const announced of listening) announced.catch(() => {})
    return swarm
  }

  /** The socket first: what is gone cannot say good-bye to members that are away. */
  async close(): Promise<void> {
    await this.#dht.destroy({ force: true })
    const closing = [...this.#doors.map((door) => door.close())]
    for (const swarm of this.#swarms) closing.push(swarm.destroy())
    await Promise.allSettled(closing)
  }

  #openSwarm(keyPair: KeyPair, purpose: Purpose): Swarm {
    const swarm = new Hyperswarm({ dht: this.#dht, keyPair, maxPeers: NEVER_DIALS })
    swarm.on('connection', (stream) => this.#arrival(stream, purpose))
    this.#swarms.push(swarm)
    return swarm
  }
}
