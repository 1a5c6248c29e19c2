/** One inline node whose time passes by itself, so that doors and other outsiders can use it. */

import type { Chainfire } from '../../src/actors/chainfire.ts'
import { InlineCluster } from './inline-cluster.ts'
import { letTimePass } from './passing-time.ts'

export interface RunningInline {
  readonly chainfire: Chainfire
  close(): Promise<void>
}

/** Resolves once the node leads itself. */
export async function runInline(workers = 1): Promise<RunningInline> {
  const cluster = new InlineCluster({ nodes: 1, workers })
  const leader = await cluster.leader()
  const time = letTimePass(cluster)
  return {
    chainfire: cluster.face(leader),
    async close() {
      await time.stop()
      cluster.crash(leader)
    },
  }
}
