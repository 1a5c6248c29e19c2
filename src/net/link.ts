/**
 * The link port: authenticated, ordered streams of frames between the nodes of one cluster.
 *
 * Promises: a frame arrives whole or not at all; frames of one lane of one connection arrive in the
 * order they were sent; only peers that proved the cluster secret are ever seen. A lost connection loses
 * an unknown suffix of what was sent; nothing is resent. What the bytes mean is left to `wire`.
 */

import type { Bytes } from '../base/bytes.ts'
import type { NodeName } from '../base/ids.ts'

/** `raft` carries consensus and calls in small frames, `bulk` snapshots, each on a stream of its own. */
export type LinkLane = 'raft' | 'bulk'

/** Who stands at the other end, as proved when the connection was made. */
export interface PeerIdentity {
  readonly name: NodeName
  /** Public key, 32 bytes in hex. */
  readonly publicKey: string
  /** 128 random bits in hex, drawn at first start; another one under a known name never votes. */
  readonly incarnation: string
  /** How many shards take messages there: senders pick the shard by the hash of the actor's key. */
  readonly shards: number
  /** Where clients reach it: `http://host:port`. */
  readonly clientUrl: string
  /** The wire version both ends agreed on. */
  readonly wireVersion: number
}

export interface LinkEvents {
  /** Both lanes of a connection to this peer are open. */
  up(peer: PeerIdentity): void
  /** The connection is gone; what was sent and not seen to arrive may be lost. */
  down(peer: PeerIdentity, reason: string): void
  frame(peer: PeerIdentity, lane: LinkLane, frame: Bytes): void
}

export interface Links {
  /**
   * Sends one frame, or drops it and answers false: no connection, or the lane's queue is full.
   * `frame` must not be touched afterwards.
   */
  send(to: NodeName, lane: LinkLane, frame: Bytes): boolean
  /** Ends this peer's connection, because of what it sent. It may come back. */
  reject(peer: NodeName, reason: string): void
  peers(): readonly LinkPeer[]
  close(): Promise<void>
}

/** One row of `plasma status` and of the link metrics. */
export interface LinkPeer {
  readonly name: NodeName
  readonly connected: boolean
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly droppedFrames: number
}
