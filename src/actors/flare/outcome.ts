/** What FlareDB's calls end in. They never throw: what may go wrong is a problem with a reason. */

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem }

export type Done<T> = (outcome: Outcome<T>) => void

/** Only after `undetermined` a write may have been done; after all others it certainly was not. */
export type ProblemReason =
  /** Nobody who could do it was reached in time. */
  | 'unavailable'
  | 'undetermined'
  | 'overloaded'
  | 'no-space'
  /** A transaction that lives stood in the way until the time was over. */
  | 'locked'
  /** The namespace is of the other mode. */
  | 'namespace-mode'
  /** The snapshot asked for is below the safe point. */
  | 'too-old'
  /** There is no such namespace, region or store. */
  | 'not-found'
  | 'exists'
  | 'invalid'
  /** Something else is being done with it. */
  | 'busy'

export interface Problem {
  readonly reason: ProblemReason
  /** A sentence for people: what, where, how to mend. */
  readonly text: string
}

export const good = <T>(value: T): Outcome<T> => ({ ok: true, value })

export const bad = (reason: ProblemReason, text: string): Outcome<never> => ({
  ok: false,
  problem: { reason, text },
})
