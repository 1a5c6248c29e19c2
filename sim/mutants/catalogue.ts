/**
 * Planted bugs: edits of the shipped source, each breaking one rule that keeps data safe. `find` must be
 * in the file exactly once, or the run fails: a mutant that no longer applies protects nothing.
 */

export interface Mutant {
  readonly name: string
  /** What a reader should know: which rule is gone. */
  readonly breaks: string
  readonly edits: readonly { readonly file: string; readonly find: string; readonly put: string }[]
  /** Seeds to try first: where it was caught before. */
  readonly seeds?: readonly number[]
}

export const MUTANTS: readonly Mutant[] = []
