/** Three nodes that take faults, and a client that writes to all of them meanwhile. */

import { TestCluster } from './cluster.ts'
import { Load } from './load.ts'

export interface LoadedCluster {
  readonly cluster: TestCluster
  readonly load: Load
  stop(): Promise<void>
}

/** Resolves once so many writes are acknowledged. */
export async function startLoadedCluster(writes: number): Promise<LoadedCluster> {
  const cluster = await TestCluster.start({ sets: ['debug.faults=true'] })
  const load = new Load({ endpoints: cluster.endpoints, perSecond: 200 })
  const stop = async (): Promise<void> => {
    await load.stop()
    await cluster.stop()
  }
  try {
    await load.more(writes)
  } catch (error) {
    await stop()
    throw error
  }
  return { cluster, load, stop }
}
