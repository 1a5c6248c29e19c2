/** What a link carries on this machine: `node test/net/throughput.ts`. Both ends in one thread. */

import type { NodeName } from '../../src/base/ids.ts'
import { allConnected, openCluster, type SwarmNode, withNodes } from './swarm-world.ts'

const RUN_MS = 2_000

await withNodes(
  () => openCluster(2),
  async (...nodes) => {
    await allConnected(nodes)
    const [a, b] = nodes as [SwarmNode, SwarmNode]
    for (const length of [1024, 65_536]) {
      const rate = await stream(a, b, length)
      console.log(`${length} B frames: ${(rate / 1e6).toFixed(1)} MB/s`)
    }
    const trips = await roundTrips(a, b, 5_000)
    console.log(`round trip of 100 B: median ${trips.toFixed(0)} us`)
  },
)

/** Bytes per second from one to the other, the queue kept full. */
async function stream(from: SwarmNode, to: SwarmNode, length: number): Promise<number> {
  const received = (): number =>
    to.links.peers().find(({ name }) => name === from.name)?.receivedBytes ?? 0
  const before = received()
  const start = performance.now()
  while (performance.now() - start < RUN_MS) {
    while (from.links.send(to.name, 'raft', new Uint8Array(length)));
    await new Promise((resolve) => setImmediate(resolve))
    to.ear.frames.length = 0
  }
  return ((received() - before) * 1000) / (performance.now() - start)
}

async function roundTrips(a: SwarmNode, b: SwarmNode, count: number): Promise<number> {
  const times: number[] = []
  a.ear.frames.length = 0
  b.ear.frames.length = 0
  for (let i = 1; i <= count; i++) {
    const start = performance.now()
    await trip(a, b.name, b, i)
    await trip(b, a.name, a, i)
    times.push((performance.now() - start) * 1000)
  }
  return times.sort((x, y) => x - y)[count >>> 1] ?? 0
}

function trip(from: SwarmNode, to: NodeName, at: SwarmNode, seen: number): Promise<void> {
  from.links.send(to, 'raft', new Uint8Array(100))
  return at.ear.until(() => at.ear.frames.length >= seen, `frame ${seen}`)
}
