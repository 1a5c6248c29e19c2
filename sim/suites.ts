/** What can be run from a seed alone: Chainfire's group, or FlareDB on its own. */

import { generateSchedule } from './faults/generate.ts'
import { generateFlareSchedule } from './faults/generate-flare.ts'
import type { Schedule } from './faults/schedule.ts'

export const SUITES = ['chainfire', 'flare'] as const
export type Suite = (typeof SUITES)[number]

export const scheduleOf = (
  suite: Suite | undefined,
  seed: number,
  operations?: number,
): Schedule =>
  suite === 'flare' ? generateFlareSchedule(seed, operations) : generateSchedule(seed, operations)
