/** The link port's contract over hyperswarm; test/sim/fabric.test.ts runs it over simulated links. */

import { type LinkEnd, type LinksUnderTest, linksContract } from '../contracts/links.ts'
import { openCluster, type SwarmNode } from './swarm-world.ts'

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
