/**
 * Many partitions one after the other, with the median and the worst time to reconnect:
 * `node test/net/partitions.ts 50`. Exits with 1 over 2 s in the median or 5 s at worst.
 */

import { healAfterPartition } from './partition.ts'
import { allConnected, openCluster, type SwarmNode, withNodes } from './swarm-world.ts'

const count = Number(process.argv[2] ?? 50)
const times: number[] = []

await withNodes(
  () => openCluster(2),
  async (a, b) => {
    await allConnected([a as SwarmNode, b as SwarmNode])
    for (let i = 0; i < count; i++) {
      const apart = 50 + ((i * 397) % 2_000)
      times.push(await healAfterPartition(a as SwarmNode, b as SwarmNode, apart))
    }
  },
)
times.sort((a, b) => a - b)
const median = times[Math.floor(times.length / 2)] ?? 0
const worst = times.at(-1) ?? 0
console.log(`${count} partitions: median ${median} ms, worst ${worst} ms until reconnected`)
process.exitCode = median <= 2_000 && worst <= 5_000 ? 0 : 1
