/** FlareDB's options in a run: the shipped ones, narrowed as the schedule says. */

import { FLARE_OPTIONS, type FlareOptions } from '../../src/actors/flare-options.ts'
import type { ClusterShape, FlareShape } from '../faults/schedule.ts'

/** A region at this many times its size for splitting takes no more. */
const OVERGROWN = 4

export function flareOptions(shape: FlareShape, cluster: ClusterShape): FlareOptions {
  const { compactEntries, keepEntries } = cluster
  const { splitBytes, deadMs, keepVersionsMs, windowMs } = shape
  return {
    ...FLARE_OPTIONS,
    oracle: { windowMs },
    placement: {
      ...FLARE_OPTIONS.placement,
      silentMs: Math.min(3000, deadMs / 2),
      deadMs,
      keepVersionsMs,
      settleMs: 1500,
      moveMs: 15_000,
    },
    region: {
      ...FLARE_OPTIONS.region,
      splitBytes,
      maxBytes: splitBytes * OVERGROWN,
      logEntries: compactEntries,
      keepEntries,
    },
  }
}
