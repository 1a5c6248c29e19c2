/**
 * Majorities, simple and joint (4.3): pure arithmetic over a configuration. Learners never count.
 */

import type { PeerId } from '../../base/ids.ts'
import type { Configuration } from './types.ts'

export type VoteResult = 'won' | 'lost' | 'pending'

/** Votes needed among this many voters. */
export const majority = (voters: number): number => Math.floor(voters / 2) + 1

/**
 * The highest value that a quorum has reached: of each majority the best value common to all of
 * it, and of the two the lower. Without voters: Infinity, which never limits the other half of a
 * joint quorum.
 */
export function quorumValue(
  configuration: Configuration,
  reached: (peer: PeerId) => number,
): number {
  const incoming = majorityValue(configuration.voters, reached)
  if (configuration.outgoing.length === 0) return incoming
  return Math.min(incoming, majorityValue(configuration.outgoing, reached))
}

function majorityValue(voters: readonly PeerId[], reached: (peer: PeerId) => number): number {
  if (voters.length === 0) return Number.POSITIVE_INFINITY
  if (voters.length === 1) return reached(voters[0] as PeerId)
  const values = voters.map(reached).sort((a, b) => b - a)
  return values[majority(voters.length) - 1] as number
}

/** What an election has come to. A voter that has not answered is absent from `votes`. */
export function tallyVotes(
  configuration: Configuration,
  voteOf: (peer: PeerId) => boolean | undefined,
): VoteResult {
  const incoming = tallyMajority(configuration.voters, voteOf)
  if (configuration.outgoing.length === 0) return incoming
  const outgoing = tallyMajority(configuration.outgoing, voteOf)
  if (incoming === 'lost' || outgoing === 'lost') return 'lost'
  return incoming === 'won' && outgoing === 'won' ? 'won' : 'pending'
}

function tallyMajority(
  voters: readonly PeerId[],
  voteOf: (peer: PeerId) => boolean | undefined,
): VoteResult {
  if (voters.length === 0) return 'won'
  const needed = majority(voters.length)
  let granted = 0
  let open = 0
  for (const voter of voters) {
    const vote = voteOf(voter)
    if (vote === undefined) open++
    else if (vote) granted++
  }
  if (granted >= needed) return 'won'
  return granted + open >= needed ? 'pending' : 'lost'
}

/** Whether the voters for which `holds` is true make a quorum. */
export function isQuorum(configuration: Configuration, holds: (peer: PeerId) => boolean): boolean {
  return tallyVotes(configuration, holds) === 'won'
}
