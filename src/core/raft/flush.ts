/**
 * What a peer does once at the end of a turn, for all of the turn's inputs together: the leader
 * counts, settles its configuration, replicates and begins a read round; a follower acknowledges
 * and forwards.
 */

import { encodeConfiguration, isJoint } from './configuration.ts'
import type { Core, Leadership } from './core.ts'
import { appendOwn, bestSuccessor } from './leader.ts'
import { leaveJoint } from './membership.ts'
import { isQuorum, quorumValue } from './quorum.ts'
import type { Reader } from './read-index.ts'
import { broadcastHeartbeat, replicate } from './replication.ts'
import { becomeFollower, refuseForwarded } from './roles.ts'

export function flush(core: Core): void {
  if (core.leadership) flushLeader(core, core.leadership)
  if (!core.leadership) flushFollower(core)
}

function flushLeader(core: Core, leadership: Leadership): void {
  if (leadership.recount) countCommit(core, leadership)
  settleConfiguration(core, leadership)
  for (const progress of leadership.progress.values()) replicate(core, progress)
  if (isDismissed(core)) resign(core, leadership)
  else flushReads(core, leadership)
}

/**
 * Commits what a quorum has on disk, but only up to an entry of this very term (3.6.2, figure
 * 3.7).
 */
function countCommit(core: Core, leadership: Leadership): void {
  leadership.recount = false
  const index = quorumValue(core.configuration, (peer) =>
    peer === core.self ? core.durability.persisted : (leadership.progress.get(peer)?.match ?? 0),
  )
  if (index > core.commit && core.log.matches(index, core.term)) core.commitTo(index)
}

/** Leaves a committed joint configuration by itself (4.3), if it was entered so. */
function settleConfiguration(core: Core, leadership: Leadership): void {
  const { configuration, index } = core.configurations.current
  const settled = index <= core.commit && leadership.start <= core.commit
  if (settled && isJoint(configuration) && configuration.autoLeave) {
    appendOwn(core, leadership, 'config', encodeConfiguration(leaveJoint(configuration)))
  }
}

/** A leader that is no voter of the committed configuration has led only until now (4.2.2). */
function isDismissed(core: Core): boolean {
  return core.configurations.current.index <= core.commit && !core.isVoter
}

function resign(core: Core, leadership: Leadership): void {
  const successor = bestSuccessor(core, leadership)
  if (successor !== undefined) core.send(successor, { kind: 'timeout-now' })
  becomeFollower(core, core.term, undefined)
}

/**
 * Before its first own commit a leader does not know what is committed, so its reads wait (6.4).
 */
function flushReads(core: Core, leadership: Leadership): void {
  const { reads } = leadership
  if (reads.hasWaiting && core.commit >= leadership.start) {
    reads.begin(core.commit)
    if (!isQuorum(core.configuration, (peer) => peer === core.self)) {
      broadcastHeartbeat(core, leadership, false)
    }
  }
  if (reads.isIdle) return
  const round = quorumValue(core.configuration, (peer) =>
    peer === core.self ? reads.latest : (leadership.progress.get(peer)?.round ?? 0),
  )
  for (const confirmed of reads.confirmed(round)) {
    for (const reader of confirmed.readers) serve(core, reader, confirmed.index)
  }
}

function serve(core: Core, reader: Reader, index: number): void {
  if (reader.at === 'here') core.emit({ type: 'read-state', token: reader.token, index })
  else core.send(reader.peer, { kind: 'read-index-answer', id: reader.id, index })
}

function flushFollower(core: Core): void {
  const { leader, acknowledge } = core
  if (leader === undefined) {
    refuseForwarded(core, core.forwarded.abandon())
    return
  }
  if (acknowledge !== undefined) {
    const answer = { accepted: true, index: acknowledge, hintIndex: 0, hintTerm: 0 }
    core.send(leader, { kind: 'append-answer', ...answer })
    core.acknowledge = undefined
  }
  const id = core.forwarded.bundle()
  if (id !== undefined) core.send(leader, { kind: 'read-index', id })
}
