/** One partition between two nodes: everything lost both ways until both gave up, then healed. */

import type { SwarmNode } from './swarm-world.ts'

/** Milliseconds from the healing to the link being up at both ends. */
export async function healAfterPartition(
  a: SwarmNode,
  b: SwarmNode,
  stayApartMs: number,
): Promise<number> {
  a.links.faults.block(b.name, 'both')
  b.links.faults.block(a.name, 'both')
  await Promise.all([a.ear.silent(b.name), b.ear.silent(a.name)])
  await new Promise((resolve) => setTimeout(resolve, stayApartMs))
  const healed = performance.now()
  a.links.faults.unblock(b.name)
  b.links.faults.unblock(a.name)
  await Promise.all([a.ear.connected(b.name), b.ear.connected(a.name)])
  return Math.round(performance.now() - healed)
}
