/** The link port's contract over hyperswarm and in memory; test/sim/fabric.test.ts runs it over simulated links. */

import type { NodeName } from '../../src/base/ids.ts'
import type { PeerIdentity } from '../../src/net/link.ts'
import { WIRE_VERSIONS } from '../../src/wire/frame.ts'
import { type LinkEnd, type LinksUnderTest, linksContract } from '../contracts/links.ts'
import { Ear } from './ear.ts'
import { LoopbackNetwork } from './loopback-links.ts'
import { openCluster, type SwarmNode } from './swarm-world.ts'

linksContract('loopback', async (): Promise<LinksUnderTest> => {
  const network = new LoopbackNetwork()
  const join = (name: string): LinkEnd => {
    const ear = new Ear()
    const identity: PeerIdentity = {
      name: name as NodeName,
      publicKey: name.padEnd(64, '0').replace('n', 'a'),
      incarnation: name.padEnd(32, '0').replace('n', 'a'),
      shards: 2,
      clientUrl: 'http://127.0.0.1:2379',
      wireVersion: WIRE_VERSIONS.max,
    }
    return { name: identity.name, links: network.join(identity, ear), ear }
  }
  const [a, b] = [join('n1'), join('n2')]
  return {
    a,
    b,
    block: (from, to) => network.block(from.name, to.name),
    unblock: (from, to) => network.unblock(from.name, to.name),
    close: async () => void (await Promise.all([a.links.close(), b.links.close()])),
  }
})

linksContract('swarm', async (): Promise<LinksUnderTest> => {
  const [a, b] = (await openCluster(2)) as [SwarmNode, SwarmNode]
  const links = (end: LinkEnd) => (end === a ? a : b).links
  return {
    a,
    b,
    block: (from, to) => links(from).faults.block(to.name, 'out'),
    unblock: (from, to) => links(from).faults.unblock(to.name),
    close: async () => void (await Promise.all([a.links.close(), b.links.close()])),
  }
})
