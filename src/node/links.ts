/**
 * The links of a node, put together: who is let in, what the doors learn of a peer, and when a node that
 * is turned away everywhere gives up.
 */

import { join } from 'node:path'
import { nodeName } from '../base/ids.ts'
import type { Log } from '../base/ports/log.ts'
import type { NodeConfig } from '../config/schema.ts'
import type { LinkEvents } from '../net/link.ts'
import { rememberPeersIn } from '../net/swarm/peers-file.ts'
import { openSwarmLinks, type SwarmLinks } from '../net/swarm/swarm-links.ts'
import type { Refusal } from '../net/swarm/swarm-options.ts'
import type { NodeShards } from '../runtime/threads/node-shards.ts'
import { REAL_CLOCK, REAL_RANDOM } from '../runtime/threads/real-clock.ts'
import type { DataDirectory } from './data-directory.ts'
import { MEMBERS } from './door.ts'
import type { MemberBook } from './members.ts'
import { NodeRefused } from './refused.ts'

export interface LinksParts {
  readonly config: NodeConfig
  readonly directory: DataDirectory
  readonly shards: NodeShards
  readonly members: MemberBook
  readonly log: Log
  /** Ends the node with one line: the others will never let it in as it is. */
  giveUp(reason: string): never
}

export async function openLinks(parts: LinksParts): Promise<SwarmLinks> {
  const { config, directory, members, log } = parts
  const { cluster, node, links, shards: workers } = config
  const doorkeeper = new Doorkeeper(parts)
  // Whoever knows the secret may bring a store.
  const isMember = (name: string) => config.flare.enabled || cluster.nodes.includes(name)
  try {
    return await openSwarmLinks({
      cluster: cluster.name,
      secrets: typeof cluster.secret === 'string' ? [cluster.secret] : cluster.secret,
      node: nodeName(node),
      identity: { ...directory.identity, seed: directory.keySeed },
      shards: workers,
      clientUrl: members.urls[node] ?? '',
      host: links.host,
      port: links.port,
      bootstrap: links.bootstrap,
      events: doorkeeper.events,
      admit: async ({ name }) =>
        isMember(name)
          ? { admitted: true }
          : { admitted: false, reason: `${name} is not among cluster.nodes` },
      onRefused: (refusal) => doorkeeper.refused(refusal),
      remembered: rememberPeersIn(join(directory.path, 'peers.json'), isMember),
      clock: REAL_CLOCK,
      random: REAL_RANDOM,
      log,
    })
  } catch (error) {
    throw new NodeRefused(`links: ${error instanceof Error ? error.message : error}`)
  }
}

/** Hears what becomes of the links. */
class Doorkeeper {
  readonly events: LinkEvents
  readonly #parts: LinksParts
  /** Addresses where another secret was proved. */
  readonly #strangers = new Set<string>()
  #everUp = false

  constructor(parts: LinksParts) {
    const { shards, members } = parts
    this.#parts = parts
    this.events = {
      up: (peer) => {
        this.#everUp = true
        if (members.learn(peer.name, peer.clientUrl)) void shards.requestAll(MEMBERS, members.urls)
        shards.up(peer)
      },
      down: (peer) => shards.down(peer),
      frame: (peer, lane, frame) => shards.frame(peer, lane, frame),
    }
  }

  /**
   * A node that was never let in, and whose secret a majority of the cluster does not share, has the
   * wrong one. One refusal says only that two nodes disagree.
   */
  refused({ cause, called, address, reason, byPeer, name }: Refusal): void {
    const { config, giveUp } = this.#parts
    if (cause === 'identity' && byPeer) giveUp(`${name ?? 'a peer'} refuses this node: ${reason}`)
    if (cause !== 'secret' || !called || address === undefined || this.#everUp) return
    this.#strangers.add(`${address.host}:${address.port}`)
    const others = config.cluster.nodes.length - 1
    if (this.#strangers.size < Math.floor(others / 2) + 1) return
    giveUp(
      `cluster.secret is not that of the others (${[...this.#strangers].join(', ')}); ` +
        'give every node of the cluster the same secret',
    )
  }
}
