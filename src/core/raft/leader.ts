/**
 * What a leader does: opens its term with an empty entry, keeps followers in step, counts what a
 * majority has, serves reads, steps down when it has lost its quorum or its place.
 */

import { assert } from '../../base/assert.ts'
import { type Bytes, EMPTY } from '../../base/bytes.ts'
import type { PeerId } from '../../base/ids.ts'
import { isMember, membersOf } from './configuration.ts'
import type { Core, Leadership } from './core.ts'
import { entryBytes } from './log.ts'
import type { AppendAnswer, HeartbeatAnswer, PreVote, ReadIndexRequest } from './messages.ts'
import { Progress } from './progress.ts'
import { tryQuiesce } from './quiescence.ts'
import { isQuorum } from './quorum.ts'
import { ReadRounds } from './read-index.ts'
import { broadcastHeartbeat, nudge } from './replication.ts'
import { becomeFollower, refuseReads } from './roles.ts'
import { handOver } from './transfer.ts'
import type { Entry } from './types.ts'

export function becomeLeader(core: Core): void {
  assert(core.role === 'candidate', 'only a candidate becomes leader')
  refuseReads(core)
  if (core.campaign?.transfer) core.mark('raft.leader-transferred')
  core.role = 'leader'
  core.leader = core.self
  core.campaign = undefined
  core.elapsed = 0
  core.idleTicks = 0
  const leadership: Leadership = {
    start: core.log.lastIndex + 1,
    progress: new Map(),
    reads: new ReadRounds(),
    transferee: undefined,
    uncommittedBytes: uncommittedBytes(core),
    recount: false,
  }
  core.leadership = leadership
  followMembers(core, leadership, false)
  appendOwn(core, leadership, 'noop', EMPTY)
}

function uncommittedBytes(core: Core): number {
  let bytes = 0
  for (let index = core.commit + 1; index <= core.log.lastIndex; index++) {
    const entry = core.log.get(index)
    assert(entry !== undefined, 'what is not committed is in memory')
    bytes += entryBytes(entry)
  }
  return bytes
}

/**
 * Adds an entry of this term to the leader's own log; the flush at the end of the turn sends it.
 */
export function appendOwn(
  core: Core,
  leadership: Leadership,
  kind: Entry['kind'],
  data: Bytes,
): Entry {
  const entry: Entry = { term: core.term, index: core.log.lastIndex + 1, kind, data }
  core.append(entry)
  leadership.uncommittedBytes += entryBytes(entry)
  if (kind === 'config') followMembers(core, leadership, true)
  return entry
}

/** Keeps one progress for every other member of the configuration in force. */
function followMembers(core: Core, leadership: Leadership, active: boolean): void {
  const { progress } = leadership
  for (const peer of progress.keys()) if (!isMember(core.configuration, peer)) progress.delete(peer)
  for (const peer of membersOf(core.configuration)) {
    if (peer === core.self || progress.has(peer)) continue
    progress.set(peer, new Progress(peer, core.log.lastIndex + 1, active, core.config))
  }
  leadership.recount = true
}

export function tickLeader(core: Core): void {
  const leadership = leadershipOf(core)
  if (++core.elapsed >= core.config.electionTicks) {
    core.elapsed = 0
    leadership.transferee = undefined
    if (!checkQuorum(core, leadership)) return
  }
  if (tryQuiesce(core, leadership)) return
  if (++core.heartbeatElapsed >= core.config.heartbeatTicks) {
    broadcastHeartbeat(core, leadership, false)
  }
}

/** A leader that no quorum has answered for an election timeout may have been replaced (6.2). */
function checkQuorum(core: Core, leadership: Leadership): boolean {
  const { progress } = leadership
  const heard = isQuorum(
    core.configuration,
    (peer) => peer === core.self || progress.get(peer)?.active === true,
  )
  if (!heard) {
    core.mark('raft.quorum-lost')
    becomeFollower(core, core.term, undefined)
    return false
  }
  for (const follower of progress.values()) follower.active = false
  return true
}

export function onAppendAnswer(core: Core, answer: AppendAnswer): void {
  const leadership = leadershipOf(core)
  const progress = leadership.progress.get(answer.from)
  if (!progress) return
  progress.active = true
  if (answer.accepted) onAccepted(core, leadership, progress, answer.index)
  else {
    const hint = core.log.lastIndexAtMost(answer.hintIndex, answer.hintTerm)
    progress.refused(answer.index, hint)
  }
}

function onAccepted(core: Core, leadership: Leadership, progress: Progress, index: number): void {
  assert(index <= core.log.lastIndex, 'a follower matches no more than the leader has')
  const news = progress.accepted(index)
  if (news) leadership.recount = true
  const confirmed = news || index === progress.match
  if (progress.state === 'probe' && confirmed) progress.becomeReplicate()
  else if (progress.state === 'snapshot' && progress.match >= core.log.baseIndex) {
    progress.becomeReplicate()
  }
  handOver(core, leadership)
}

export function onHeartbeatAnswer(core: Core, answer: HeartbeatAnswer): void {
  const leadership = leadershipOf(core)
  const progress = leadership.progress.get(answer.from)
  if (!progress) return
  progress.heardFrom()
  if (answer.round > progress.round) progress.round = answer.round
  if (progress.match < core.log.lastIndex) nudge(core, progress)
}

/**
 * A follower forwards its reads; peers outside the configuration are served too, it harms nobody.
 */
export function onReadIndex(core: Core, request: ReadIndexRequest): void {
  core.idleTicks = 0
  leadershipOf(core).reads.wait({ at: 'peer', peer: request.from, id: request.id })
}

/** Someone does not hear this leader: a heartbeat, sooner than the next tick, settles who leads. */
export function onPreVoteAsLeader(core: Core, request: PreVote): void {
  core.mark('raft.pre-vote-refused')
  core.send(request.from, { kind: 'pre-vote-answer', granted: false })
  const progress = leadershipOf(core).progress.get(request.from)
  if (!progress) return
  const commit = Math.min(progress.match, core.commit)
  const round = leadershipOf(core).reads.latest
  core.sendNow(request.from, { kind: 'heartbeat', commit, round, quiesce: false })
}

export function leadershipOf(core: Core): Leadership {
  assert(core.leadership !== undefined, 'a leader has what a leader has')
  return core.leadership
}

/** The best informed voter: whom a leader that must go asks to follow it. */
export function bestSuccessor(core: Core, leadership: Leadership): PeerId | undefined {
  let best: Progress | undefined
  for (const peer of core.configuration.voters) {
    const progress = leadership.progress.get(peer)
    if (progress && !core.down.has(peer) && (!best || progress.match > best.match)) best = progress
  }
  return best?.peer
}
