/**
 * Links in memory, for tests and for nodes that share a process: same promises, no network. A network
 * can lose what goes one way; such a connection ends, and comes back once both ways are open.
 */

import type { Bytes } from '../../src/base/bytes.ts'
import type { NodeName } from '../../src/base/ids.ts'
import type { LinkEvents, LinkLane, LinkPeer, Links, PeerIdentity } from '../../src/net/link.ts'

/** Bytes that may wait on a lane; a longer frame goes when nothing waits. */
const QUEUE_LIMIT: Readonly<Record<LinkLane, number>> = { raft: 1024 * 1024, bulk: 4 * 1024 * 1024 }

interface Queue {
  readonly frames: Bytes[]
  bytes: number
}

/** One direction of one connection. */
interface Wire {
  readonly queues: Readonly<Record<LinkLane, Queue>>
  sentBytes: number
  receivedBytes: number
  droppedFrames: number
}

export class LoopbackNetwork {
  readonly #members = new Map<NodeName, Member>()
  readonly #blocked = new Set<string>()

  /** Joins; links to everyone here come up soon after. */
  join(identity: PeerIdentity, events: LinkEvents): Links {
    const member = new Member(this, identity, events)
    this.#members.set(identity.name, member)
    this.reconnect()
    return member
  }

  leave(name: NodeName): void {
    this.#members.delete(name)
  }

  /** Loses what goes from one to the other. */
  block(from: NodeName, to: NodeName): void {
    this.#blocked.add(`${from} ${to}`)
    this.#members.get(from)?.disconnect(to, 'blocked')
  }

  unblock(from: NodeName, to: NodeName): void {
    this.#blocked.delete(`${from} ${to}`)
    this.reconnect()
  }

  member(name: NodeName): Member | undefined {
    return this.#members.get(name)
  }

  reconnect(): void {
    setImmediate(() => {
      for (const a of this.#members.values()) {
        for (const b of this.#members.values()) {
          if (a.identity.name < b.identity.name && this.#open(a, b)) a.connect(b)
        }
      }
    })
  }

  #open(a: Member, b: Member): boolean {
    const [from, to] = [a.identity.name, b.identity.name]
    return !this.#blocked.has(`${from} ${to}`) && !this.#blocked.has(`${to} ${from}`)
  }
}

export class Member implements Links {
  readonly identity: PeerIdentity
  readonly #network: LoopbackNetwork
  readonly #events: LinkEvents
  readonly #wires = new Map<NodeName, Wire>()
  readonly #connected = new Map<NodeName, Member>()

  constructor(network: LoopbackNetwork, identity: PeerIdentity, events: LinkEvents) {
    this.#network = network
    this.identity = identity
    this.#events = events
  }

  send(to: NodeName, lane: LinkLane, frame: Bytes): boolean {
    const wire = this.#wire(to)
    const queue = wire.queues[lane]
    const full = queue.bytes > 0 && queue.bytes + frame.length > QUEUE_LIMIT[lane]
    if (full || !this.#connected.has(to)) {
      wire.droppedFrames++
      return false
    }
    wire.sentBytes += frame.length
    queue.bytes += frame.length
    if (queue.frames.push(frame) === 1) setImmediate(() => this.#flush(to, lane, queue))
    return true
  }

  reject(peer: NodeName, reason: string): void {
    this.disconnect(peer, `rejected: ${reason}`)
    this.#network.reconnect()
  }

  peers(): readonly LinkPeer[] {
    return [...this.#wires].map(([name, { sentBytes, receivedBytes, droppedFrames }]) => ({
      name,
      connected: this.#connected.has(name),
      sentBytes,
      receivedBytes,
      droppedFrames,
    }))
  }

  async close(): Promise<void> {
    for (const name of [...this.#connected.keys()]) this.disconnect(name, 'shutting down')
    this.#network.leave(this.identity.name)
  }

  connect(other: Member): void {
    if (this.#connected.has(other.identity.name)) return
    this.#attach(other)
    other.#attach(this)
    this.#events.up(other.identity)
    other.#events.up(this.identity)
  }

  disconnect(from: NodeName, reason: string): void {
    const other = this.#connected.get(from)
    if (other === undefined) return
    this.#detach(other, reason)
    other.#detach(this, reason)
  }

  #attach(other: Member): void {
    this.#wire(other.identity.name)
    this.#connected.set(other.identity.name, other)
  }

  /** What waits is lost: the queues are those of this connection. */
  #detach(other: Member, reason: string): void {
    const { name } = other.identity
    this.#connected.delete(name)
    this.#wires.set(name, { ...this.#wire(name), queues: emptyQueues() })
    this.#events.down(other.identity, reason)
  }

  #flush(to: NodeName, lane: LinkLane, queue: Queue): void {
    const other = this.#connected.get(to)
    if (other === undefined || this.#wire(to).queues[lane] !== queue) return
    queue.bytes = 0
    for (const frame of queue.frames.splice(0)) {
      if (this.#connected.get(to) !== other) return
      other.#receive(this.identity, lane, frame)
    }
  }

  #receive(from: PeerIdentity, lane: LinkLane, frame: Bytes): void {
    this.#wire(from.name).receivedBytes += frame.length
    this.#events.frame(from, lane, frame)
  }

  #wire(name: NodeName): Wire {
    let wire = this.#wires.get(name)
    if (wire === undefined) {
      wire = { queues: emptyQueues(), sentBytes: 0, receivedBytes: 0, droppedFrames: 0 }
      this.#wires.set(name, wire)
    }
    return wire
  }
}

function emptyQueues(): Wire['queues'] {
  return { raft: { frames: [], bytes: 0 }, bulk: { frames: [], bytes: 0 } }
}
