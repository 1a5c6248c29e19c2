/**
 * What Raft peers say to each other: plain immutable data of fixed shape. Answers echo what they
 * answer; none is ever needed, since every sender repeats what matters.
 */

import type { PeerId } from '../../base/ids.ts'
import type { Entry } from './types.ts'

interface Carried {
  readonly from: PeerId
  readonly to: PeerId
  /**
   * The sender's term; in `pre-vote` and its granted answer the term that would be campaigned for.
   */
  readonly term: number
}

export interface PreVote extends Carried {
  readonly kind: 'pre-vote'
  readonly lastIndex: number
  readonly lastTerm: number
}

export interface PreVoteAnswer extends Carried {
  readonly kind: 'pre-vote-answer'
  readonly granted: boolean
}

export interface Vote extends Carried {
  readonly kind: 'vote'
  readonly lastIndex: number
  readonly lastTerm: number
  /** Campaigns at the old leader's wish (3.10): a live leader is no reason to ignore it. */
  readonly transfer: boolean
}

export interface VoteAnswer extends Carried {
  readonly kind: 'vote-answer'
  readonly granted: boolean
}

export interface Append extends Carried {
  readonly kind: 'append'
  readonly prevIndex: number
  readonly prevTerm: number
  readonly commit: number
  /** Consecutive, from `prevIndex + 1`; empty in a probe. */
  readonly entries: readonly Entry[]
}

export interface AppendAnswer extends Carried {
  readonly kind: 'append-answer'
  readonly accepted: boolean
  /** Accepted: the highest index now known to match. Refused: the `prevIndex` that did not. */
  readonly index: number
  /** Refused: the sender's log has this entry as a candidate for the next try (hint); else 0. */
  readonly hintIndex: number
  readonly hintTerm: number
}

/** Tells a follower that it may apply more, when there is nothing to append. Not answered. */
export interface Commit extends Carried {
  readonly kind: 'commit'
  /** Never beyond what the leader knows to match. */
  readonly commit: number
}

export interface Heartbeat extends Carried {
  readonly kind: 'heartbeat'
  /** Never beyond what the leader knows to match. */
  readonly commit: number
  /** The leader's latest read round (6.4), echoed in the answer. */
  readonly round: number
  /** The leader stops ticking, and the follower may. */
  readonly quiesce: boolean
}

export interface HeartbeatAnswer extends Carried {
  readonly kind: 'heartbeat-answer'
  readonly round: number
}

/** A follower asks its leader for a read index, for all its reads of one turn. */
export interface ReadIndexRequest extends Carried {
  readonly kind: 'read-index'
  readonly id: number
}

export interface ReadIndexAnswer extends Carried {
  readonly kind: 'read-index-answer'
  readonly id: number
  readonly index: number
}

/** The leader asks its successor to campaign at once (3.10). */
export interface TimeoutNow extends Carried {
  readonly kind: 'timeout-now'
}

export type RaftMessage =
  | PreVote
  | PreVoteAnswer
  | Vote
  | VoteAnswer
  | Append
  | AppendAnswer
  | Commit
  | Heartbeat
  | HeartbeatAnswer
  | ReadIndexRequest
  | ReadIndexAnswer
  | TimeoutNow
