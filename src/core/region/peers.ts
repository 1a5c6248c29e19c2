/**
 * Who the peers of a region are, as its descriptor says: always those of the Raft configuration. What the
 * configuration does not know of a peer, its store and that store's incarnation, was announced before it was added.
 */

import { must } from '../../base/assert.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Configuration } from '../raft/types.ts'
import { epochAfterPeers } from './epoch.ts'
import { ANNOUNCED_MAX } from './limits.ts'
import type { RegionDescriptor, RegionPeer } from './types.ts'

export interface Membership {
  readonly descriptor: RegionDescriptor
  readonly announced: readonly RegionPeer[]
}

/** The latest few are kept: an announcement that no change followed is forgotten in time. */
export const announce = (
  announced: readonly RegionPeer[],
  peer: RegionPeer,
): readonly RegionPeer[] =>
  [...announced.filter((it) => it.peer !== peer.peer), peer].slice(-ANNOUNCED_MAX)

/** What a configuration that was applied makes of descriptor and announcements. The same one again: nothing. */
export function reconfigured(before: Membership, configuration: Configuration): Membership {
  const { descriptor, announced } = before
  const known = [...descriptor.peers, ...announced]
  const peers = membersOf(configuration).map(({ peer, role }): RegionPeer => {
    const found = known.find((it) => it.peer === peer)
    return { ...must(found, `peer ${peer} was announced before it was added`), role }
  })
  if (samePeers(peers, descriptor.peers)) return before
  return {
    descriptor: { ...descriptor, peers, epoch: epochAfterPeers(descriptor.epoch) },
    announced: announced.filter((it) => !peers.some(({ peer }) => peer === it.peer)),
  }
}

/** The configuration that a region's peers make, when no change is under way. */
export const configurationOf = (peers: readonly RegionPeer[]): Configuration => ({
  voters: idsOf(peers, 'voter'),
  outgoing: [],
  learners: idsOf(peers, 'learner'),
  autoLeave: false,
})

const idsOf = (peers: readonly RegionPeer[], role: RegionPeer['role']): PeerId[] =>
  peers
    .filter((it) => it.role === role)
    .map(({ peer }) => peer)
    .sort((a, b) => a - b)

/** In the order of their ids. Who votes in either half of a joint configuration is a voter. */
function membersOf({
  voters,
  outgoing,
  learners,
}: Configuration): Pick<RegionPeer, 'peer' | 'role'>[] {
  const voting = new Set([...voters, ...outgoing])
  return [...new Set([...voting, ...learners])]
    .sort((a, b) => a - b)
    .map((peer) => ({ peer, role: voting.has(peer) ? 'voter' : 'learner' }))
}

const samePeers = (a: readonly RegionPeer[], b: readonly RegionPeer[]): boolean =>
  a.length === b.length &&
  a.every(({ peer, role }, i) => b[i]?.peer === peer && b[i]?.role === role)
