/** Changes of role that several roles make: down to follower, and awake from quiet. */

import { assert } from '../../base/assert.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Core } from './core.ts'

/**
 * Follows `leader` (undefined: not known yet) in `term`. A new term forgets the vote; the same term
 * keeps it. Reads that waited for this peer's leadership, or for another leader, are refused.
 */
export function becomeFollower(core: Core, term: number, leader: PeerId | undefined): void {
  assert(term >= core.term, 'a term never goes back')
  if (term > core.term) {
    core.term = term
    core.vote = undefined
  }
  refuseReads(core)
  core.role = 'follower'
  core.leader = leader
  core.leadership = undefined
  core.campaign = undefined
  core.acknowledge = undefined
  core.resetElection()
}

/**
 * Refuses every read that waits here: on leadership just lost, or on a leader that is no longer
 * one.
 */
export function refuseReads(core: Core): void {
  for (const reader of core.leadership?.reads.abandon() ?? []) {
    if (reader.at === 'here') core.emit({ type: 'read-refused', token: reader.token })
  }
  refuseForwarded(core, core.forwarded.abandon())
}

export function refuseForwarded(core: Core, tokens: readonly number[]): void {
  for (const token of tokens) core.emit({ type: 'read-refused', token })
}

/** Hears from the term's leader: nobody else is wanted for a while. */
export function heedLeader(core: Core, leader: PeerId): void {
  assert(core.leader === undefined || core.leader === leader, 'a term has one leader')
  core.leader = leader
  core.elapsed = 0
}
