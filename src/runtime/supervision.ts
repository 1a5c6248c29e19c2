/** Supervision as data: which actors a node starts, and what follows when one throws. */

/**
 * Where actors of a kind live: on the main thread, on the shard of their key's hash, or one on each
 * shard (0 too), with the shard's number as its key.
 */
export type Placement = 'main' | 'key' | 'each-shard'

export interface ChildSpec {
  readonly kind: string
  readonly placement: Placement
  /** Keys started with the node; others are started later through `Context.start`. */
  readonly keys: readonly string[]
  readonly restart: RestartPolicy
  /**
   * Kinds restarted together with this one under the same key (`rest_for_one`): their state was made
   * from its messages.
   */
  readonly takesAlong?: readonly string[]
}

export interface RestartPolicy {
  /** Delay before the first restart, doubled at each further one up to `maxDelayMs`. */
  readonly delayMs: number
  readonly maxDelayMs: number
  /** More restarts than this within `periodMs`, and the actor is stopped and shown as failed. */
  readonly intensity: number
  readonly periodMs: number
}

/** Children in start order; they stop in reverse. */
export type SupervisionTree = readonly ChildSpec[]
