/** What one run gives: plain data, the same for the same seed. */

import type { Finding } from './checkers/findings.ts'

export const EXIT = {
  pass: 0,
  safety: 1,
  unknown: 2,
  liveness: 3,
  'non-determinism': 4,
  'invalid-schedule': 5,
  harness: 6,
} as const

export type Verdict = keyof typeof EXIT

export interface Counts {
  readonly operations: number
  readonly answered: number
  /** Pairs of calls that were under way at once. */
  readonly overlapping: number
  /** Writes of which nobody knows whether they happened. */
  readonly unknown: number
  readonly faults: number
  /** Faults that hit a node with a call in flight. */
  readonly struck: number
  readonly leaderChanges: number
  /** What the run made of its kind, by names for people. */
  readonly wrought: Readonly<Record<string, number>>
  readonly syncs: number
  readonly events: number
  readonly virtualMs: number
}

export interface RunReport {
  readonly name: string
  readonly seed: number
  readonly verdict: Verdict
  readonly hash: string
  readonly counts: Counts
  readonly marks: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, number>>
  readonly findings: readonly Finding[]
  /** The last things that happened, when something is wrong. */
  readonly recent: readonly string[]
}

/** Liveness is judged only where safety holds; a harness that broke has judged nothing. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.length === 0) return 'pass'
  if (findings.some(({ promise }) => promise === 'harness')) return 'harness'
  return findings.every(({ promise }) => promise.startsWith('liveness')) ? 'liveness' : 'safety'
}
