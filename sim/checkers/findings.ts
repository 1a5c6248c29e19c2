/** What a check found wrong: which promise, in one sentence, at what time. */

export interface Finding {
  /** Names the broken promise: `linearizable`, `watch`, `lease`, `raft.log-matching` … */
  readonly promise: string
  readonly sentence: string
  readonly atUs?: number
}
