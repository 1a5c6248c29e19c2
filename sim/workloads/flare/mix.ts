/** Which operations a run's clients of FlareDB do, and how often: drawn per seed, some left out on purpose. */

import type { Stream } from '../../world/random.ts'

export const FLARE_OPERATIONS = {
  put: 16,
  get: 12,
  'compare-and-set': 8,
  delete: 3,
  'get-past': 4,
  scan: 2,
  'scan-past': 2,
  sum: 4,
  transfer: 14,
  append: 14,
  stamps: 3,
  stale: 3,
} as const

export type FlareOperation = keyof typeof FLARE_OPERATIONS

export interface FlareMix {
  draw(random: Stream): FlareOperation
}

const ALWAYS: readonly FlareOperation[] = ['put', 'get', 'transfer']

export function drawFlareMix(random: Stream): FlareMix {
  const table: FlareOperation[] = []
  for (const [name, weight] of Object.entries(FLARE_OPERATIONS) as [FlareOperation, number][]) {
    const left = random.below(7) === 0 && !ALWAYS.includes(name)
    for (let i = 0; i < weight && !left; i++) table.push(name)
  }
  return { draw: (stream) => stream.pick(table) }
}
