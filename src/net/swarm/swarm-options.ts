/** What the swarm is told when it opens: who this node is, where it listens, whom it lets in. */

import type { NodeName } from '../../base/ids.ts'
import type { Clock } from '../../base/ports/clock.ts'
import type { Log } from '../../base/ports/log.ts'
import type { Random } from '../../base/ports/random.ts'
import type { LinkEvents, PeerIdentity } from '../link.ts'
import type { VersionRange } from './handshake.ts'
import type { NodeIdentity } from './identity.ts'
import type { RefusalCause } from './proof.ts'

export interface SwarmOptions {
  /** Name or id of the cluster: a peer that says another is refused. */
  readonly cluster: string
  /** Any of them admits, so that a secret can be changed node by node: current first, then next. */
  readonly secrets: readonly string[]
  readonly node: NodeName
  readonly identity: NodeIdentity
  /** Worker shards of this node, told to the peers. */
  readonly shards: number
  /** Where clients reach this node, told to the peers: `http://host:port`. */
  readonly clientUrl: string
  /** Where this node listens: an IPv4 address (or name of one) and a UDP port; 0 picks a free one. */
  readonly host: string
  readonly port: number
  /** `host:port` of members to ask first; this node's own is skipped. */
  readonly bootstrap: readonly string[]
  readonly events: LinkEvents
  /** Asked once a peer has proved the secret, before anything is delivered: pins are kept there. */
  readonly admit: (peer: PeerIdentity) => Promise<Admission>
  /** Told when a node was turned away, here or there; at most once in five seconds for each. */
  readonly onRefused?: (refusal: Refusal) => void
  /** Wire versions to offer; those of this build when absent. */
  readonly versions?: VersionRange
  /** Where peers' keys and addresses are kept over a restart; nowhere when absent. */
  readonly remembered?: RememberedPeers
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export type Admission =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly reason: string }

/** A node with which no link came about, and why it is no use to try again soon. */
export interface Refusal {
  readonly cause: RefusalCause
  readonly reason: string
  /** Whether this node had called the other. */
  readonly called: boolean
  /** Whether the other one said no to us, rather than we to it. */
  readonly byPeer: boolean
  /** Absent when it did not get as far as to say its name. */
  readonly name?: NodeName
  readonly address?: { readonly host: string; readonly port: number }
}

export interface RememberedPeers {
  /** Read once, when the swarm opens. */
  readonly known: readonly RememberedPeer[]
  /** Told whenever one of them was reached under a new address or key. */
  save(peers: readonly RememberedPeer[]): void
}

export interface RememberedPeer {
  readonly name: NodeName
  /** Public key in hex. */
  readonly publicKey: string
  readonly host: string
  readonly port: number
}
