/** The simulated links keep the contract of the link port, in fair weather. */

import { Fabric } from '../../sim/world/fabric.ts'
import { Kernel } from '../../sim/world/kernel.ts'
import { Randomness } from '../../sim/world/random.ts'
import type { NodeName } from '../../src/base/ids.ts'
import type { PeerIdentity } from '../../src/net/link.ts'
import { WIRE_VERSIONS } from '../../src/wire/frame.ts'
import { type LinkEnd, type LinksUnderTest, linksContract } from '../contracts/links.ts'
import { Ear } from '../net/ear.ts'

const FAIR = { dropPpm: 0, reorderPpm: 0, latencyUs: [50, 200] } as const
const HOUR_US = 3_600_000_000

linksContract('simulated', async (): Promise<LinksUnderTest> => {
  const randomness = new Randomness(1)
  const kernel = new Kernel(randomness.stream('kernel', 'ties'))
  const names = ['n1', 'n2'] as NodeName[]
  const fabric = new Fabric(kernel, randomness, names)
  Object.assign(fabric.weather, FAIR)
  const [a, b] = names.map((name) => attach(fabric, name)) as [LinkEnd, LinkEnd]
  const time = setInterval(() => {
    for (let i = 0; i < 1000 && kernel.step(HOUR_US); i++);
  }, 1)
  return {
    a,
    b,
    block: (from, to) => fabric.block(from.name, to.name, true),
    unblock: (from, to) => fabric.block(from.name, to.name, false),
    close: async () => clearInterval(time),
  }
})

function attach(fabric: Fabric, name: NodeName): LinkEnd {
  const ear = new Ear()
  const hex = name.replace('n', 'a')
  const identity: PeerIdentity = {
    name,
    publicKey: hex.padEnd(64, '0'),
    incarnation: hex.padEnd(32, '0'),
    shards: 2,
    clientUrl: 'http://127.0.0.1:2379',
    wireVersion: WIRE_VERSIONS.max,
  }
  const links = fabric.attach(name, { identity, events: ear, run: (_kind, task) => task() })
  return { name, links, ear }
}
