/**
 * A group of peers and the messages between them; nothing moves unless told. Audits after every
 * step.
 */

import assert from 'node:assert/strict'
import { type PeerId, peerId } from '../../../src/base/ids.ts'
import { EMPTY_CONFIGURATION, votersOnly } from '../../../src/core/raft/configuration.ts'
import { GroupAudit } from '../../../src/core/raft/group-audit.ts'
import type { Configuration, RaftConfig } from '../../../src/core/raft/types.ts'
import { type Parcel, Peer } from './peer.ts'

export const configurationOf = (
  voters: readonly number[],
  learners: readonly number[] = [],
): Configuration => ({ ...votersOnly(voters.map(peerId)), learners: learners.map(peerId) })

export const textBytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export class Network {
  readonly audit = new GroupAudit()
  readonly peers = new Map<number, Peer>()
  /** Parcels under way, oldest first. */
  parcels: Parcel[] = []
  /** Edges `from>to` that lose everything. */
  readonly cut = new Set<string>()
  readonly down = new Set<number>()
  /** Sees every parcel when it arrives, or is lost. */
  trace: (parcel: Parcel, lost: boolean) => void = () => {}
  readonly #config: Partial<RaftConfig>

  constructor(
    voters: readonly number[],
    config: Partial<RaftConfig> = {},
    learners: readonly number[] = [],
  ) {
    this.#config = config
    const configuration = configurationOf(voters, learners)
    for (const id of [...voters, ...learners]) this.#join(id, configuration)
  }

  #join(id: number, configuration: Configuration): Peer {
    const options = { config: this.#config, configuration }
    const peer = new Peer(id, options, this.audit, (parcel) => this.parcels.push(parcel))
    this.peers.set(id, peer)
    return peer
  }

  /** A peer with an empty log that waits to be added. */
  newcomer(id: number): Peer {
    return this.#join(id, EMPTY_CONFIGURATION)
  }

  peer(id: number): Peer {
    const peer = this.peers.get(id)
    assert.ok(peer, `there is no peer ${id}`)
    return peer
  }

  get all(): Peer[] {
    return [...this.peers.values()]
  }

  /** The leader of the highest term, of those that are up. */
  get leader(): Peer | undefined {
    return this.all
      .filter((peer) => peer.leads && !this.down.has(peer.id))
      .sort((a, b) => b.status.term - a.status.term)[0]
  }

  /** Takes the parcel at a place in the queue off it, and delivers it unless its way is cut. */
  deliver(place = 0): void {
    const [parcel] = this.parcels.splice(place, 1)
    if (parcel) this.hand(parcel)
  }

  hand(parcel: Parcel): void {
    const { from, to } = parcel.type === 'message' ? parcel.message : parcel
    const lost = this.cut.has(`${from}>${to}`) || this.down.has(to)
    this.trace(parcel, lost)
    if (!lost) this.peers.get(to)?.receive(parcel)
  }

  /** Lands and delivers until nothing is under way. */
  settle(): void {
    for (let round = 0; round < 10_000; round++) {
      for (const peer of this.all) if (!this.down.has(peer.id)) peer.landAll()
      if (this.parcels.length === 0) return
      this.deliver()
    }
    assert.fail('the group does not come to rest')
  }

  tick(id: number, times = 1): void {
    for (let i = 0; i < times; i++) this.peer(id).step({ type: 'tick' })
  }

  /** Everyone ticks once, then all settles. */
  pass(ticks = 1): void {
    for (let i = 0; i < ticks; i++) {
      for (const peer of this.all) if (!this.down.has(peer.id)) peer.step({ type: 'tick' })
      this.settle()
    }
  }

  /** This peer campaigns and, with everybody there, wins. */
  elect(id: number): Peer {
    this.peer(id).step({ type: 'campaign' })
    this.settle()
    assert.equal(this.peer(id).status.role, 'leader')
    return this.peer(id)
  }

  propose(id: number, text: string) {
    const outcome = this.peer(id).machine.propose(textBytes(text))
    this.peer(id).turn()
    return outcome
  }

  isolate(id: number): void {
    for (const other of this.peers.keys()) {
      if (other !== id) this.cut.add(`${id}>${other}`).add(`${other}>${id}`)
    }
  }

  heal(): void {
    this.cut.clear()
  }

  crash(id: number): void {
    this.down.add(id)
    this.peer(id).crash()
  }

  restart(id: number): void {
    this.down.delete(id)
  }

  marked(name: string): boolean {
    return this.all.some((peer) => peer.marks.some((mark) => mark === name))
  }

  states(): string[] {
    return this.all.map((peer) => peer.state.join(' '))
  }
}

export const ids = (...numbers: number[]): PeerId[] => numbers.map(peerId)
