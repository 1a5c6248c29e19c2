/**
 * How a leader's log reaches its followers: pipelined appends within each follower's window,
 * entries fetched from disk for those far behind, snapshots for those behind the log's base,
 * heartbeats for all.
 */

import type { Core, Leadership } from './core.ts'
import { entryBytes } from './log.ts'
import type { Progress } from './progress.ts'
import type { Entry } from './types.ts'

/** Sends a follower all that its window allows, or else only news of the commit index. */
export function replicate(core: Core, progress: Progress): void {
  let sent = false
  while (mayAppend(core, progress) && appendNext(core, progress)) sent = true
  if (!sent && progress.state === 'replicate') tellCommit(core, progress)
}

function mayAppend(core: Core, progress: Progress): boolean {
  if (progress.paused || progress.fetching) return false
  return progress.state === 'probe' || progress.next <= core.log.lastIndex
}

/** One append from `next` on; false if its entries must come from disk, or from a snapshot. */
function appendNext(core: Core, progress: Progress): boolean {
  const { log, config } = core
  if (progress.next <= log.baseIndex) {
    requestSnapshot(core, progress)
    return false
  }
  const { maxAppendBytes } = config
  const entries = log.slice(progress.next, log.lastIndex, maxAppendBytes, Number.POSITIVE_INFINITY)
  if (entries === undefined) {
    fetch(core, progress)
    return false
  }
  sendAppend(core, progress, entries)
  return true
}

/**
 * An empty append shows a follower that lost something that there is a gap. If the gap is no
 * longer in the log, only starting over helps.
 */
export function nudge(core: Core, progress: Progress): void {
  if (progress.state !== 'replicate') return
  if (progress.next > core.log.baseIndex) sendAppend(core, progress, [])
  else progress.becomeProbe(progress.match + 1)
}

function sendAppend(core: Core, progress: Progress, entries: readonly Entry[]): void {
  const prevIndex = progress.next - 1
  const prevTerm = core.log.termAt(prevIndex) as number
  const { commit } = core
  core.sendNow(progress.peer, { kind: 'append', prevIndex, prevTerm, commit, entries })
  const lastIndex = prevIndex + entries.length
  progress.sent(lastIndex, bytesOf(entries))
  progress.commitTold = Math.max(progress.commitTold, Math.min(commit, lastIndex))
}

function bytesOf(entries: readonly Entry[]): number {
  let bytes = 0
  for (const entry of entries) bytes += entryBytes(entry)
  return bytes
}

function tellCommit(core: Core, progress: Progress): void {
  const commit = Math.min(progress.match, core.commit)
  if (commit <= progress.commitTold) return
  progress.commitTold = commit
  core.sendNow(progress.peer, { kind: 'commit', commit })
}

function fetch(core: Core, progress: Progress): void {
  const token = core.nextToken()
  const from = progress.next
  progress.fetching = { token, from }
  const to = core.log.tailFirst - 1
  core.emit({ type: 'fetch-log', token, from, to, maxBytes: core.config.maxAppendBytes })
}

/**
 * Entries came from disk for the follower that this token was drawn for, if it still wants them.
 */
export function fetched(
  core: Core,
  leadership: Leadership,
  token: number,
  entries: readonly Entry[],
): void {
  for (const progress of leadership.progress.values()) {
    if (progress.fetching?.token !== token) continue
    const { from } = progress.fetching
    progress.fetching = undefined
    if (from !== progress.next || progress.paused) return
    if (entries[0]?.index !== from || from <= core.log.baseIndex) requestSnapshot(core, progress)
    else sendAppend(core, progress, entries)
    return
  }
}

/** A follower that was not heard from of late gets none: it could not take it. */
function requestSnapshot(core: Core, progress: Progress): void {
  if (!progress.active || core.down.has(progress.peer)) {
    progress.becomeProbe(progress.next)
    progress.probing = true
    return
  }
  progress.becomeSnapshot()
  core.emit({ type: 'send-snapshot', to: progress.peer, atLeastIndex: core.log.baseIndex })
}

/** To all followers; a quieting one only to those who are there and have everything. */
export function broadcastHeartbeat(core: Core, leadership: Leadership, quiesce: boolean): void {
  core.heartbeatElapsed = 0
  const round = leadership.reads.latest
  for (const progress of leadership.progress.values()) {
    if (quiesce && core.down.has(progress.peer)) continue
    const commit = Math.min(progress.match, core.commit)
    progress.commitTold = Math.max(progress.commitTold, commit)
    core.sendNow(progress.peer, { kind: 'heartbeat', commit, round, quiesce })
  }
}
