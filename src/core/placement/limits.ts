/** What bounds the driver. Times are of its own clocks and decide nothing that must be right. */

import type { StoreLimits } from './stores.ts'

export interface PlacementLimits extends StoreLimits {
  /** Voters of a region, as far as there are stores. */
  readonly replicas: number
  /** A store with less free space gets nothing more. */
  readonly minFreeBytes: number
  /** Moves under way at once that send to a store or take from it, and of all. */
  readonly movesPerStore: number
  readonly moves: number
  /** A move whose learner has not caught up by then is given up. */
  readonly moveMs: number
  /** Regions looked at in one round of decisions. */
  readonly patrolRegions: number
  /** After coming to lead nothing is moved, and no namespace made on few stores, before this time is over. */
  readonly settleMs: number
  /** What is superseded for longer is dropped, unless somebody holds it. */
  readonly keepVersionsMs: number
}

export const PLACEMENT_LIMITS: PlacementLimits = {
  silentMs: 10_000,
  deadMs: 30 * 60_000,
  replicas: 3,
  minFreeBytes: 1024 * 1024 * 1024,
  movesPerStore: 2,
  moves: 16,
  moveMs: 30 * 60_000,
  patrolRegions: 200,
  settleMs: 5000,
  keepVersionsMs: 10 * 60_000,
}
