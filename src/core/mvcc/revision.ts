/**
 * The name of one version of one key: `main` is the revision of the store (the first write of a store
 * makes 2), `sub` counts the changes within it from 0. Order is (main, sub), and so is the order on disk.
 */

export interface RevisionId {
  readonly main: number
  readonly sub: number
}

/** The revision of a store in which nothing was written yet. */
export const FIRST_REVISION = 1

/** The compact revision of a store that was never compacted, so that compacting at 0 works once. */
export const NEVER_COMPACTED = -1

export function compareRevisions(a: RevisionId, b: RevisionId): number {
  return a.main === b.main ? a.sub - b.sub : a.main - b.main
}
