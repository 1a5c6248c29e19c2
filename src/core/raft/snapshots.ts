/**
 * Snapshots and compaction (5): cutting the log behind what is applied and on disk, sending a
 * snapshot to a follower who needs what was cut, and starting over from one. The bytes travel
 * outside the machine.
 */

import { must } from '../../base/assert.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Core } from './core.ts'
import { becomeFollower, heedLeader } from './roles.ts'
import type { SnapshotMeta } from './types.ts'

/** The position and configuration at an index that the log still knows. */
export function snapshotAt(core: Core, index: number): SnapshotMeta {
  const term = must(core.log.termAt(index), `index ${index} is not in the log`)
  return { index, term, configuration: core.configurations.at(index) }
}

/** Cuts the log behind `index`, but for what slow followers may still ask for. */
export function compact(core: Core, index: number): void {
  if (core.installing) return
  const behind = Math.min(index, core.applied) - core.config.catchUpEntries
  const to = Math.min(behind, notNeeded(core))
  const from = core.log.baseIndex + 1
  if (to < from) return
  const base = snapshotAt(core, to)
  core.log.compactTo(to)
  core.configurations.compactTo(to)
  core.emit({ type: 'compact-log', base, from, to })
}

/**
 * What no follower that is up still needs, unless too much would be kept for it: one that was cut off while
 * it follows, or takes a snapshot, would need the next one as soon as it has this.
 */
function notNeeded(core: Core): number {
  let needed = core.log.lastIndex
  for (const { peer, match } of core.leadership?.progress.values() ?? []) {
    if (!core.down.has(peer)) needed = Math.min(needed, match)
  }
  return Math.max(needed, core.log.weight.lastBeyond(core.config.maxBehindBytes))
}

/** The follower confirms by itself what it installed; until then it is probed for it. */
export function onSnapshotSent(core: Core, to: PeerId, index: number): void {
  const progress = core.leadership?.progress.get(to)
  if (progress?.state !== 'snapshot') return
  progress.becomeProbe(index + 1)
  progress.probing = true
}

/** Tried again once the follower is heard from. */
export function onSnapshotFailed(core: Core, to: PeerId): void {
  const progress = core.leadership?.progress.get(to)
  if (progress?.state !== 'snapshot') return
  progress.becomeProbe(progress.match + 1)
  progress.probing = true
}

/** A snapshot speaks for its sender like an append: it is taken only if it brings something new. */
export function onSnapshotReceived(
  core: Core,
  from: PeerId,
  term: number,
  snapshot: SnapshotMeta,
): void {
  if (term < core.term || core.installing) {
    core.emit({ type: 'snapshot-unused', snapshot })
    return
  }
  if (term > core.term || core.role !== 'follower') becomeFollower(core, term, from)
  heedLeader(core, from)
  const known = core.log.matches(snapshot.index, snapshot.term)
  if (known) core.commitTo(snapshot.index)
  if (known || snapshot.index <= core.commit) {
    core.acknowledge = Math.max(core.acknowledge ?? 0, core.commit)
    core.emit({ type: 'snapshot-unused', snapshot })
    return
  }
  core.installing = snapshot
  core.installAnnounced = false
}

/** Data, base and applied index are on disk: the peer goes on from there. */
export function onSnapshotInstalled(core: Core, index: number): void {
  const snapshot = must(core.installing, 'a snapshot is installed because this peer asked for it')
  if (snapshot.index !== index) return
  core.installing = undefined
  core.log.reset(snapshot.index, snapshot.term)
  core.configurations.reset({ index, configuration: snapshot.configuration })
  core.durability.reset(index)
  core.commit = index
  core.applied = index
  core.applying = index
  core.acknowledge = core.leader === undefined ? undefined : index
  core.mark('raft.snapshot-installed')
}
