/**
 * Elections (3.4), with a pre-vote before the term is touched (9.6) and without disturbing a leader
 * that is heard (4.2.3). A candidate counts its own vote only once that vote is on its disk.
 */

import { assert } from '../../base/assert.ts'
import type { PeerId } from '../../base/ids.ts'
import { membersOf } from './configuration.ts'
import type { Core } from './core.ts'
import { becomeLeader } from './leader.ts'
import type { PreVote, PreVoteAnswer, Vote, VoteAnswer } from './messages.ts'
import { tallyVotes } from './quorum.ts'
import { becomeFollower, refuseReads } from './roles.ts'

/** Whether this peer may campaign at all. */
export const mayCampaign = (core: Core): boolean =>
  core.isEligible && core.installing === undefined && core.role !== 'leader'

/** Asks whether an election could be won, leaving every term as it is. */
export function campaignCarefully(core: Core): void {
  if (!mayCampaign(core)) return
  refuseReads(core)
  core.role = 'pre-candidate'
  core.leader = undefined
  core.acknowledge = undefined
  core.campaign = { votes: new Map([[core.self, true]]), transfer: false }
  core.resetElection()
  const { lastIndex, lastTerm } = core.log
  for (const peer of electorate(core)) {
    core.sendNow(peer, { kind: 'pre-vote', lastIndex, lastTerm }, core.term + 1)
  }
  settlePreVote(core)
}

/** Opens a new term and asks for votes in it. */
export function campaign(core: Core, transfer: boolean): void {
  assert(mayCampaign(core), 'only who may lead campaigns')
  refuseReads(core)
  core.role = 'candidate'
  core.term++
  core.vote = core.self
  core.leader = undefined
  core.acknowledge = undefined
  core.campaign = { votes: new Map(), transfer }
  core.resetElection()
  const { lastIndex, lastTerm } = core.log
  for (const peer of electorate(core)) {
    core.send(peer, { kind: 'vote', lastIndex, lastTerm, transfer })
  }
}

const electorate = (core: Core): PeerId[] =>
  membersOf({ ...core.configuration, learners: [] }).filter((peer) => peer !== core.self)

/** A batch landed: if this peer's vote for itself was in it, it counts from now on. */
export function countOwnVote(core: Core): void {
  const { campaign: running, durability } = core
  if (core.role !== 'candidate' || !running || running.votes.has(core.self)) return
  if (durability.term !== core.term || durability.vote !== core.self) return
  running.votes.set(core.self, true)
  settleVote(core)
}

export function onPreVoteAnswer(core: Core, answer: PreVoteAnswer): void {
  if (answer.granted && answer.term !== core.term + 1) return
  core.campaign?.votes.set(answer.from, answer.granted)
  settlePreVote(core)
}

export function onVoteAnswer(core: Core, answer: VoteAnswer): void {
  const votes = core.campaign?.votes
  if (votes && !votes.has(answer.from)) votes.set(answer.from, answer.granted)
  settleVote(core)
}

function settlePreVote(core: Core): void {
  const result = tally(core)
  if (result === 'won') campaign(core, false)
  else if (result === 'lost') becomeFollower(core, core.term, undefined)
}

function settleVote(core: Core): void {
  const result = tally(core)
  if (result === 'won') becomeLeader(core)
  else if (result === 'lost') becomeFollower(core, core.term, undefined)
}

const tally = (core: Core) =>
  tallyVotes(core.configuration, (peer) => core.campaign?.votes.get(peer))

/** Grants if the term would be new, the log is no older, and nobody else leads (9.6). */
export function onPreVote(core: Core, request: PreVote): void {
  const { from, lastIndex, lastTerm, term } = request
  const abandoned = !core.hasLiveLeader || core.leader === from
  const granted = term > core.term && abandoned && core.log.isUpToDate(lastIndex, lastTerm)
  if (!granted) core.mark('raft.pre-vote-refused')
  core.send(from, { kind: 'pre-vote-answer', granted }, granted ? term : core.term)
}

/**
 * One vote a term, for a log no older than one's own (3.6.1). Learners vote: they may be voters by
 * now.
 */
export function onVote(core: Core, request: Vote): void {
  const { from, lastIndex, lastTerm } = request
  const free = core.vote === from || (core.vote === undefined && core.leader === undefined)
  const granted = free && core.log.isUpToDate(lastIndex, lastTerm)
  if (granted) {
    core.vote = from
    core.elapsed = 0
  }
  core.send(from, { kind: 'vote-answer', granted })
}
