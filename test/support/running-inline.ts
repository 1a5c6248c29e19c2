/** One inline node whose time passes by itself, so that doors and other outsiders can use it. */

import type { Chainfire } from '../../src/actors/chainfire.ts'
import { InlineCluster } from './inline-cluster.ts'

export interface RunningInline {
  readonly chainfire: Chainfire
  close(): Promise<void>
}

/** Milliseconds of the node's time that pass between two looks of the event loop. */
const STEP_MS = 10

/** Resolves once the node leads itself. */
export async function runInline(workers = 1): Promise<RunningInline> {
  const cluster = new InlineCluster({ nodes: 1, workers })
  const leader = await cluster.leader()
  let running = true
  const passing = (async () => {
    while (running) {
      await cluster.world.advance(STEP_MS)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  return {
    chainfire: cluster.face(leader),
    async close() {
      running = false
      await passing
      cluster.crash(leader)
    },
  }
}
