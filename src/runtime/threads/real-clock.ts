/** Clock and chance of the real world. */

import { randomInt } from 'node:crypto'
import type { Clock } from '../../base/ports/clock.ts'
import type { Random } from '../../base/ports/random.ts'

export const REAL_CLOCK: Clock = {
  monotonicMs: () => Math.floor(performance.now()),
  wallMs: () => Date.now(),
}

export const REAL_RANDOM: Random = { below: (bound) => randomInt(bound) }
