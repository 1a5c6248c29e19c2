/** Lets an inline cluster's time pass by itself, so that outsiders can wait on real events. */

import type { InlineCluster } from './inline-cluster.ts'

/** Milliseconds of the nodes' time that pass between two looks of the event loop. */
const STEP_MS = 10

/** Resolves `stop` once no more time passes. */
export function letTimePass(cluster: InlineCluster): { stop(): Promise<void> } {
  let running = true
  const passing = (async () => {
    while (running) {
      await cluster.world.advance(STEP_MS)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  return {
    stop() {
      running = false
      return passing
    },
  }
}
