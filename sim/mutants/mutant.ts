/**
 * Planted bugs: edits of the shipped source, each breaking one rule that keeps data safe. `find` must be
 * in the file exactly once, or the run fails: a mutant that no longer applies protects nothing.
 */

import type { Suite } from '../suites.ts'

export interface Edit {
  readonly file: string
  readonly find: string
  readonly put: string
}

export interface Mutant {
  readonly name: string
  /** What a reader should know: which rule is gone. */
  readonly breaks: string
  readonly edits: readonly Edit[]
  /** Whose seeds meet it; Chainfire's if it is left out. */
  readonly suite?: Suite
  /** Seeds to try first: where it was caught before. */
  readonly seeds?: readonly number[]
}

export const edit = (file: string, find: string, put: string): Edit => ({
  file: `src/${file}`,
  find,
  put,
})
