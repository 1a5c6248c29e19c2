/**
 * How members that do not know each other's keys meet. At each bootstrap address stands a door: a
 * server whose key follows from the cluster secret, so one round trip tells who lives there. Members
 * at other addresses are found in the members' own DHT, under a topic that follows from it too.
 */

import type { Random } from '../../base/ports/random.ts'
import type { Contact } from './contacts.ts'
import type { Discovery, Endpoint, Swarm } from './stack.ts'

export interface Meetings {
  /** Asks who lives there. Never rejects. */
  knock(address: Endpoint): Promise<void>
  /** Whether a link to this address stands: nothing to ask then. */
  reached(address: Endpoint): boolean
  found(contact: Contact): void
}

const KNOCK_MS = [250, 500, 1_000, 2_000]
const LOOK_UP_MS = [150, 350, 500, 1_000, 2_000, 5_000, 15_000]
const JITTER_MS = 100

export class MeetingPlaces {
  readonly #random: Random
  readonly #meetings: Meetings
  readonly #timers = new Map<string, NodeJS.Timeout>()
  #closed = false

  constructor(random: Random, meetings: Meetings) {
    this.#random = random
    this.#meetings = meetings
  }

  /** Knocks at these addresses whenever no link to them stands. */
  visit(addresses: readonly Endpoint[]): void {
    for (const address of addresses) {
      this.#repeat(`${address.host}:${address.port}`, KNOCK_MS, async () => {
        if (!this.#meetings.reached(address)) await this.#meetings.knock(address)
      })
    }
  }

  /** Announces this node under the topic and looks for others there. */
  announce(swarm: Swarm, topic: Buffer): void {
    const discovery: Discovery = swarm.join(topic, { client: true, server: true })
    this.#repeat(`topic ${topic.toString('hex')}`, LOOK_UP_MS, async () => {
      for (const { publicKey, relayAddresses } of swarm.peers.values()) {
        const addresses = relayAddresses ?? []
        this.#meetings.found({ publicKey: publicKey.toString('hex'), addresses })
      }
      discovery.refresh().catch(() => {})
    })
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }

  #repeat(name: string, pauses: readonly number[], visit: () => Promise<void>): void {
    let round = 0
    const again = async (): Promise<void> => {
      await visit()
      if (this.#closed) return
      const pause = pauses[Math.min(round++, pauses.length - 1)] as number
      this.#timers.set(name, setTimeout(again, pause + this.#random.below(JITTER_MS)))
    }
    void again()
  }
}
