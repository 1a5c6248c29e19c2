/** Every bound of a shard in one room. Tests may narrow them; nothing else may widen them at run time. */

import type { Lane } from './message.ts'

export interface LaneLimit {
  readonly messages: number
  /** Estimated by `weigh`, in bytes. */
  readonly bytes: number
}

export interface ShardLimits {
  /** A turn ends after this much time, so that I/O, timers and ports get theirs. */
  readonly turnMs: number
  /** A turn ends after this many inputs, even where the clock stands still. */
  readonly turnInputs: number
  /** Inputs one actor handles before the next actor has its go. */
  readonly visitInputs: number
  /** A longer turn is logged with its slowest actor. */
  readonly slowTurnMs: number
  readonly batchBytes: number
  /** Lazy writes waiting for a synced batch; at this size they get one of their own. */
  readonly lazyBytes: number
  readonly lanes: Readonly<Record<Lane, LaneLimit>>
  /** Questions one actor, or all outsiders of a shard together, may have open. */
  readonly openAsks: number
  readonly deadLetters: number
  /** A clean stop gives up on handling what is queued after this many turns. */
  readonly drainTurns: number
}

const MIB = 1024 * 1024

export const SHARD_LIMITS: ShardLimits = {
  turnMs: 5,
  turnInputs: 2048,
  visitInputs: 16,
  slowTurnMs: 50,
  batchBytes: MIB,
  lazyBytes: MIB,
  lanes: {
    system: { messages: 1024, bytes: 4 * MIB },
    consensus: { messages: 4096, bytes: 32 * MIB },
    normal: { messages: 4096, bytes: 16 * MIB },
  },
  openAsks: 16_384,
  deadLetters: 256,
  drainTurns: 1000,
}
