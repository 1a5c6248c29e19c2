/** A node in a process of its own, to be killed: `peer-process.ts OTHER_PORT OWN_PORT`. */

import { openNode } from './swarm-world.ts'

// It does not outlive the test that started it.
process.once('disconnect', () => process.exit())
const [other, own] = process.argv.slice(2).map(Number) as [number, number]
await openNode('n2', own, [other, own])
