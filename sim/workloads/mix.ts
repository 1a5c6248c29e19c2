/** Which operations a run's clients do, and how often: drawn per seed, some left out on purpose. */

import type { Stream } from '../world/random.ts'

export const OPERATIONS = {
  put: 30,
  get: 18,
  'get-serializable': 6,
  'get-range': 6,
  'get-past': 4,
  delete: 4,
  'delete-range': 1,
  'compare-and-set': 12,
  'write-several': 6,
  'lease-grant': 3,
  'lease-attach': 6,
  'keep-alive': 6,
  'time-to-live': 2,
  'lease-revoke': 1,
  compact: 1,
  'get-together': 5,
} as const

export type Operation = keyof typeof OPERATIONS

export interface Mix {
  draw(random: Stream): Operation
}

const ALWAYS: readonly Operation[] = ['put', 'get']

export function drawMix(random: Stream): Mix {
  const table: Operation[] = []
  for (const [name, weight] of Object.entries(OPERATIONS) as [Operation, number][]) {
    const left = random.below(6) === 0 && !ALWAYS.includes(name)
    for (let i = 0; i < weight && !left; i++) table.push(name)
  }
  return { draw: (stream) => stream.pick(table) }
}
