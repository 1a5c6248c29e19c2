/**
 * What a follower does: takes the leader's entries, replacing what conflicts, and gives up waiting
 * for a leader that is not heard. Answers that speak of entries leave once those are on disk.
 */

import type { Core } from './core.ts'
import { campaign, campaignCarefully, mayCampaign } from './election.ts'
import type {
  Append,
  Commit,
  Heartbeat,
  RaftMessage,
  ReadIndexAnswer,
  TimeoutNow,
} from './messages.ts'
import { fallQuiet } from './quiescence.ts'
import { becomeFollower, heedLeader, refuseForwarded } from './roles.ts'

/** Ticks after which a forwarded read is asked for again. */
const READ_RETRY_TICKS = 4

/** A tick of any peer that does not lead. */
export function tickFollower(core: Core): void {
  const { retry, refused } = core.forwarded.tick(READ_RETRY_TICKS, core.config.electionTicks)
  refuseForwarded(core, refused)
  if (core.leader !== undefined) {
    for (const id of retry) core.send(core.leader, { kind: 'read-index', id })
  }
  if (++core.elapsed >= core.timeout) campaignCarefully(core)
}

export function onAppend(core: Core, append: Append): void {
  heedLeader(core, append.from)
  if (core.installing) return
  const { prevIndex, prevTerm } = append
  if (prevIndex < core.commit) acknowledge(core, core.commit)
  else if (core.log.matches(prevIndex, prevTerm)) takeEntries(core, append)
  else refuse(core, append)
}

/**
 * Skips what is here already; from the first difference on, the leader's entries take its place.
 */
function takeEntries(core: Core, append: Append): void {
  const { log } = core
  for (const entry of append.entries) {
    if (log.matches(entry.index, entry.term)) continue
    if (entry.index <= log.lastIndex) core.truncateFrom(entry.index)
    core.append(entry)
  }
  const lastIndex = append.prevIndex + append.entries.length
  core.commitTo(Math.min(append.commit, lastIndex))
  acknowledge(core, lastIndex)
}

/** Appends of one turn are acknowledged together. */
function acknowledge(core: Core, index: number): void {
  core.acknowledge = Math.max(core.acknowledge ?? 0, index)
}

/** Names where the logs may still agree, so that the leader skips a term at a time (3.5). */
function refuse(core: Core, append: Append): void {
  const { prevIndex, prevTerm, from } = append
  const hintIndex = core.log.lastIndexAtMost(prevIndex, prevTerm)
  const hintTerm = core.log.termAt(hintIndex) ?? 0
  const answer = { accepted: false, index: prevIndex, hintIndex, hintTerm }
  core.send(from, { kind: 'append-answer', ...answer })
}

export function onHeartbeat(core: Core, heartbeat: Heartbeat): void {
  heedLeader(core, heartbeat.from)
  core.commitTo(heartbeat.commit)
  core.sendNow(heartbeat.from, { kind: 'heartbeat-answer', round: heartbeat.round })
  const settled = core.commit === heartbeat.commit && core.commit === core.log.lastIndex
  if (heartbeat.quiesce && settled && core.forwarded.isIdle && !core.installing) fallQuiet(core)
}

export function onCommit(core: Core, message: Commit): void {
  heedLeader(core, message.from)
  core.commitTo(message.commit)
}

export function onReadIndexAnswer(core: Core, answer: ReadIndexAnswer): void {
  for (const token of core.forwarded.answered(answer.id)) {
    core.emit({ type: 'read-state', token, index: answer.index })
  }
}

/** The leader wants this peer in its place: no pre-vote, and voters will not mind their leader. */
export function onTimeoutNow(core: Core, _message: TimeoutNow): void {
  if (mayCampaign(core)) campaign(core, true)
}

/** A candidate hears from the leader of its own term: the election is over. */
export function concede<M extends RaftMessage>(
  handle: (core: Core, message: M) => void,
): (core: Core, message: M) => void {
  return (core, message) => {
    becomeFollower(core, core.term, message.from)
    handle(core, message)
  }
}
