/**
 * The invariants of one Raft peer, RAFT-I1 to RAFT-I12 of docs/raft.md: what must hold between any
 * two steps. Cheap enough to run after each. It reports; what to do about it is the caller's to
 * decide.
 */

import { isMember, isVoter, membersOf } from './configuration.ts'
import type { Core, Leadership } from './core.ts'
import type { RaftMachine } from './machine.ts'
import { majority } from './quorum.ts'
import type { Configuration } from './types.ts'

/** Broken invariants in words, each beginning with its number; empty when all is well. */
export function auditMachine(machine: RaftMachine): readonly string[] {
  const broken: string[] = []
  const demand = (holds: boolean, invariant: string): void => {
    if (!holds) broken.push(`${invariant} (peer ${machine.core.self})`)
  }
  auditIndexes(machine.core, demand)
  auditRole(machine.core, demand)
  auditConfigurations(machine.core, demand)
  if (machine.core.leadership) auditLeader(machine.core, machine.core.leadership, demand)
  return broken
}

type Demand = (holds: boolean, invariant: string) => void

function auditIndexes(core: Core, demand: Demand): void {
  const { log, durability, commit, applied, applying } = core
  demand(
    log.baseIndex <= applied && applied <= applying && applying <= commit,
    'RAFT-I1: base <= applied <= applying <= commit',
  )
  demand(commit <= log.lastIndex, 'RAFT-I1: commit <= last')
  demand(
    durability.persisted <= durability.handed && durability.handed <= log.lastIndex,
    'RAFT-I2: persisted <= handed to disk <= last',
  )
  demand(applying <= durability.persisted, 'RAFT-I3: nothing is applied before it is on disk here')
  demand(log.lastTerm <= core.term, 'RAFT-I4: no entry is of a later term than its peer')
  demand(
    log.tailFirst <= Math.min(applied, durability.persisted) + 1,
    'RAFT-I5: what is not applied, or not on disk, is in memory',
  )
}

function auditRole(core: Core, demand: Demand): void {
  const leads = core.role === 'leader'
  const campaigns = core.role === 'candidate' || core.role === 'pre-candidate'
  demand(leads === (core.leadership !== undefined), 'RAFT-I6: a leader, and only it, leads')
  demand(
    campaigns === (core.campaign !== undefined),
    'RAFT-I6: candidates, and only they, campaign',
  )
  demand(leads === (core.leader === core.self), 'RAFT-I6: nobody else takes itself for the leader')
  const votedSelf = core.vote === core.self
  demand(!leads || votedSelf, 'RAFT-I7: a leader voted for itself in its term')
  demand(core.role !== 'candidate' || votedSelf, 'RAFT-I7: a candidate votes for itself')
  demand(
    !leads || core.durability.term === core.term,
    'RAFT-I7: a leader has its term and vote on disk',
  )
}

function auditConfigurations(core: Core, demand: Demand): void {
  const placed = core.configurations.all
  const pending = placed.filter(({ index }) => index > core.commit).length
  demand(pending <= 1, 'RAFT-I8: at most one change of membership is uncommitted')
  for (let i = 1; i < placed.length; i++) {
    const before = placed[i - 1] as (typeof placed)[number]
    const after = placed[i] as (typeof placed)[number]
    demand(before.index < after.index, 'RAFT-I8: configurations ascend')
    demand(
      quorumsMeet(before.configuration, after.configuration),
      'RAFT-I8: any quorums of consecutive configurations meet',
    )
  }
}

/** Whether each quorum of one has a voter in common with each quorum of the other. */
export function quorumsMeet(before: Configuration, after: Configuration): boolean {
  const halves = (c: Configuration) => [c.voters, c.outgoing].filter((half) => half.length > 0)
  if (halves(before).length === 0) return true
  return halves(before).some((a) =>
    halves(after).some((b) => {
      const union = new Set([...a, ...b]).size
      return majority(a.length) + majority(b.length) > union
    }),
  )
}

function auditLeader(core: Core, leadership: Leadership, demand: Demand): void {
  const { log, configuration, self, config } = core
  const others = membersOf(configuration).filter((peer) => peer !== self)
  demand(
    others.length === leadership.progress.size &&
      others.every((peer) => leadership.progress.has(peer)),
    'RAFT-I9: a leader follows each other member, and nobody else',
  )
  for (const progress of leadership.progress.values()) {
    const { match, next, inflight, commitTold } = progress
    demand(match < next && next <= log.lastIndex + 1, 'RAFT-I10: match < next <= last + 1')
    demand(inflight <= config.maxInflight, 'RAFT-I10: no more appends under way than allowed')
    demand(commitTold <= core.commit, 'RAFT-I10: no follower is told of more than is committed')
  }
  for (const round of leadership.reads.underWay) {
    demand(
      round.index >= leadership.start && round.index <= core.commit,
      'RAFT-I11: reads wait at an index committed in this term',
    )
  }
  demand(
    !core.quiescent || (core.commit === log.lastIndex && leadership.reads.isIdle),
    'RAFT-I12: a quiet leader has nothing to do',
  )
  demand(
    isVoter(configuration, self) || core.configurations.current.index > core.commit,
    'RAFT-I12: a leader without a vote leads only until that is committed',
  )
  demand(
    leadership.transferee === undefined || isMember(configuration, leadership.transferee),
    'RAFT-I12: a successor is a member',
  )
}
