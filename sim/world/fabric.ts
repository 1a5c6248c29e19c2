/**
 * The links between simulated nodes: what hyperswarm gives, over virtual time, and its faults.
 *
 * Faithful: a connection is an ordered stream for each lane and direction; what is blocked waits, as a
 * reliable transport resends; three seconds of silence end a connection, and then everything under way is
 * lost; both ends dial again. Adversarial: single frames of the raft lane are dropped and overtaken too.
 */

import type { Bytes } from '../../src/base/bytes.ts'
import type { NodeName } from '../../src/base/ids.ts'
import type { LinkEvents, LinkLane, LinkPeer, Links, PeerIdentity } from '../../src/net/link.ts'
import { Direction, type Parcel } from './direction.ts'
import { hashBytes } from './hash.ts'
import type { Kernel } from './kernel.ts'
import type { Randomness, Stream } from './random.ts'

const SILENCE_US = 3_000_000
/** Bytes that may wait on a lane, as on real links; a longer frame goes when nothing waits. */
const QUEUE_BYTES = { raft: 256 * 1024, bulk: 4 * 1024 * 1024 } as const

/** A running process at the fabric. */
export interface Attachment {
  readonly identity: PeerIdentity
  readonly events: LinkEvents
  /** Runs now, or once the process is no longer paused; never after it died. */
  run(kind: string, task: () => void): void
}

interface Port {
  readonly name: NodeName
  attached: Attachment | undefined
  silent: boolean
}

/** One pair of nodes. A side may believe in a connection that its peer has lost. */
interface Pair {
  readonly ends: readonly [Port, Port]
  readonly ways: readonly [Direction, Direction]
  readonly random: Stream
  /** Number of the connection each end believes in; 0 is none. */
  readonly epochs: [number, number]
  lastEpoch: number
  dialling: boolean
  readonly sent: [number, number]
  readonly dropped: [number, number]
}

export interface Weather {
  /** Frames of the raft lane dropped, in a million; only in adversarial runs. */
  dropPpm: number
  /** Frames of the raft lane that may overtake others, in a million. */
  reorderPpm: number
  /** Microseconds of one way. */
  latencyUs: readonly [low: number, high: number]
}

export const CALM: Weather = { dropPpm: 0, reorderPpm: 0, latencyUs: [40, 4000] }

export class Fabric {
  readonly #kernel: Kernel
  readonly #pairs: Pair[] = []
  readonly #ports = new Map<NodeName, Port>()
  readonly weather: Weather = { ...CALM }
  /** Frames on their way, for counts. */
  droppedFrames = 0

  constructor(kernel: Kernel, randomness: Randomness, names: readonly NodeName[]) {
    this.#kernel = kernel
    for (const name of names) this.#ports.set(name, { name, attached: undefined, silent: true })
    const ports = [...this.#ports.values()]
    ports.forEach((a, i) => {
      for (const b of ports.slice(i + 1)) {
        this.#pairs.push({
          ends: [a, b],
          ways: [new Direction(), new Direction()],
          random: randomness.stream('net', `${a.name}-${b.name}`),
          epochs: [0, 0],
          lastEpoch: 0,
          dialling: false,
          sent: [0, 0],
          dropped: [0, 0],
        })
      }
    })
  }

  /** A process comes up; its links are for it alone, and end with `detach`. */
  attach(name: NodeName, attachment: Attachment): Links {
    const port = this.#port(name)
    port.attached = attachment
    port.silent = false
    for (const [pair] of this.#pairsOf(port)) this.#dial(pair, 1000)
    return {
      send: (to, lane, frame) => port.attached === attachment && this.#send(port, to, lane, frame),
      reject: (peer, reason) => this.#reject(port, peer, reason),
      peers: () => this.#pairsOf(port).map(([pair, side]) => peerRow(pair, side)),
      close: async () => this.detach(name),
    }
  }

  /** The process is gone: its ends are closed at once, its peers notice by silence or a new connection. */
  detach(name: NodeName): void {
    const port = this.#port(name)
    port.attached = undefined
    port.silent = true
    for (const [pair, side] of this.#pairsOf(port)) {
      pair.epochs[side] = 0
      this.#expectSilence(pair, other(side))
    }
  }

  /** A paused process sends nothing; its peers notice after a while. */
  pause(name: NodeName, paused: boolean): void {
    const port = this.#port(name)
    port.silent = paused || port.attached === undefined
    for (const [pair, side] of this.#pairsOf(port)) {
      pair.ways[side].silentSinceUs = this.#kernel.nowUs
      if (paused) this.#expectSilence(pair, other(side))
    }
  }

  /** Blocks or opens one direction. What was sent meanwhile waits, until silence ends the connection. */
  block(from: NodeName, to: NodeName, blocked: boolean): void {
    const [pair, side] = this.#between(from, to)
    const way = pair.ways[side]
    if (way.blocked === blocked) return
    way.blocked = blocked
    way.silentSinceUs = this.#kernel.nowUs
    if (blocked) {
      this.#expectSilence(pair, other(side))
    } else {
      this.#handOverAll(pair, side)
      this.#dial(pair, 200_000)
    }
  }

  blocked(from: NodeName, to: NodeName): boolean {
    const [pair, side] = this.#between(from, to)
    return pair.ways[side].blocked
  }

  /** Breaks a connection: an unknown suffix of what was under way is lost. */
  cut(a: NodeName, b: NodeName): void {
    const [pair] = this.#between(a, b)
    this.#down(pair, 0, 'connection reset')
    this.#down(pair, 1, 'connection reset')
    this.#dial(pair, 300_000)
  }

  connected(from: NodeName, to: NodeName): boolean {
    const [pair, side] = this.#between(from, to)
    return pair.epochs[side] !== 0
  }

  #send(port: Port, to: NodeName, lane: LinkLane, frame: Bytes): boolean {
    if (!this.#ports.has(to)) return false
    const [pair, side] = this.#between(port.name, to)
    const queued = pair.ways[side].queuedBytes(lane)
    const epoch = pair.epochs[side]
    const full = queued > 0 && queued + frame.length > QUEUE_BYTES[lane]
    if (epoch === 0 || full) {
      pair.dropped[side]++
      return false
    }
    pair.sent[side] += frame.length
    if (lane === 'raft' && pair.random.perMillion(this.weather.dropPpm)) {
      this.droppedFrames++
      return true
    }
    this.#carry(pair, side, { lane, frame, epoch, arrived: false })
    return true
  }

  #carry(pair: Pair, side: Side, parcel: Parcel): void {
    const way = pair.ways[side]
    const { lane, frame } = parcel
    const [low, high] = this.weather.latencyUs
    const overtakes = lane === 'raft' && pair.random.perMillion(this.weather.reorderPpm)
    if (!overtakes) way.send(parcel)
    const label = { node: pair.ends[other(side)].name, kind: `frame.${lane}` }
    const delay = pair.random.tailed(low, high) + (frame.length >>> 7)
    this.#kernel.after(delay, { ...label, digest: hashBytes(frame) }, () => {
      parcel.arrived = true
      if (overtakes && !way.blocked) this.#handOver(pair, side, parcel)
      else this.#handOverAll(pair, side)
    })
  }

  #handOverAll(pair: Pair, side: Side): void {
    for (const parcel of pair.ways[side].takeArrived()) this.#handOver(pair, side, parcel)
  }

  #handOver(pair: Pair, side: Side, { lane, frame, epoch }: Parcel): void {
    const far = other(side)
    const receiver = pair.ends[far].attached
    const { identity } = pair.ways[side]
    if (receiver === undefined || identity === undefined) return
    receiver.run('frame', () => {
      if (pair.epochs[far] === epoch) receiver.events.frame(identity, lane, frame)
    })
  }

  #reject(port: Port, peer: NodeName, reason: string): void {
    const [pair, side] = this.#between(port.name, peer)
    this.#down(pair, side, reason)
    this.#down(pair, other(side), 'closed by peer')
    this.#dial(pair, 500_000)
  }

  /** After a time of silence, this end gives its connection up. */
  #expectSilence(pair: Pair, listener: Side): void {
    const epoch = pair.epochs[listener]
    if (epoch === 0) return
    const talker = other(listener)
    const since = this.#kernel.nowUs
    const label = { node: pair.ends[listener].name, kind: 'link.silence' }
    this.#kernel.after(SILENCE_US + pair.random.below(400_000), label, () => {
      const way = pair.ways[talker]
      const talks = !way.blocked && !pair.ends[talker].silent && pair.epochs[talker] === epoch
      if (pair.epochs[listener] !== epoch || talks || way.silentSinceUs > since) return
      this.#down(pair, listener, 'silent')
      this.#closeFarEnd(pair, talker, epoch)
    })
  }

  /** Who gave up closes; the other end hears of it at once if it can be reached, else by its own silence. */
  #closeFarEnd(pair: Pair, far: Side, epoch: number): void {
    if (pair.epochs[far] !== epoch) return
    if (pair.ways[other(far)].blocked) {
      this.#expectSilence(pair, far)
    } else {
      this.#down(pair, far, 'closed by peer')
      this.#dial(pair, 300_000)
    }
  }

  #down(pair: Pair, side: Side, reason: string): void {
    if (pair.epochs[side] === 0) return
    pair.epochs[side] = 0
    pair.ways[side].clear()
    const peer = pair.ends[other(side)]
    const identity = peer.attached?.identity ?? pair.ways[other(side)].identity
    const { attached } = pair.ends[side]
    if (attached === undefined || identity === undefined) return
    attached.run('link.down', () => attached.events.down(identity, reason))
  }

  /** Both ends dial until one succeeds. */
  #dial(pair: Pair, soonUs: number): void {
    if (pair.dialling) return
    pair.dialling = true
    const label = { node: pair.ends[0].name, kind: 'link.dial' }
    this.#kernel.after(500 + pair.random.below(soonUs), label, () => {
      pair.dialling = false
      const [a, b] = pair.ends
      if (a.attached === undefined || b.attached === undefined) return
      if (pair.epochs[0] !== 0 && pair.epochs[0] === pair.epochs[1]) return
      const reachable = !pair.ways[0].blocked && !pair.ways[1].blocked
      if (!reachable || a.silent || b.silent) this.#dial(pair, 1_000_000)
      else this.#connect(pair, a.attached, b.attached)
    })
  }

  #connect(pair: Pair, a: Attachment, b: Attachment): void {
    this.#down(pair, 0, 'replaced')
    this.#down(pair, 1, 'replaced')
    const epoch = ++pair.lastEpoch
    const both = [a, b] as const
    for (const side of [0, 1] as const) {
      const mine = both[side]
      const theirs = both[other(side)]
      pair.epochs[side] = epoch
      pair.ways[side].identity = mine.identity
      mine.run('link.up', () => {
        if (pair.epochs[side] === epoch) mine.events.up(theirs.identity)
      })
    }
  }

  #port(name: NodeName): Port {
    const port = this.#ports.get(name)
    if (port === undefined) throw new RangeError(`no node is called ${name}`)
    return port
  }

  #pairsOf(port: Port): (readonly [Pair, Side])[] {
    return this.#pairs.flatMap((pair) => {
      const side = pair.ends.indexOf(port)
      return side === -1 ? [] : [[pair, side as Side] as const]
    })
  }

  #between(from: NodeName, to: NodeName): readonly [Pair, Side] {
    for (const pair of this.#pairs) {
      const [a, b] = pair.ends
      if (a.name === from && b.name === to) return [pair, 0]
      if (b.name === from && a.name === to) return [pair, 1]
    }
    throw new RangeError(`no link from ${from} to ${to}`)
  }
}

type Side = 0 | 1
const other = (side: Side): Side => (side === 0 ? 1 : 0)

function peerRow(pair: Pair, side: Side): LinkPeer {
  return {
    name: pair.ends[other(side)].name,
    connected: pair.epochs[side] !== 0,
    sentBytes: pair.sent[side],
    receivedBytes: pair.sent[other(side)],
    droppedFrames: pair.dropped[side],
  }
}
