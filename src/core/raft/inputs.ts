/** What each input does: total, so that an input without a handler does not compile. */

import { assert } from '../../base/assert.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Core } from './core.ts'
import { campaignCarefully, countOwnVote } from './election.ts'
import { tickFollower } from './follower.ts'
import { tickLeader } from './leader.ts'
import { fetched } from './replication.ts'
import {
  compact,
  onSnapshotFailed,
  onSnapshotInstalled,
  onSnapshotReceived,
  onSnapshotSent,
} from './snapshots.ts'
import { receive } from './table.ts'
import type { RaftInput } from './types.ts'

type Type = RaftInput['type']
type Handlers = {
  readonly [T in Type]: (core: Core, input: Extract<RaftInput, { type: T }>) => void
}

const HANDLERS: Handlers = {
  tick,
  message: (core, input) => receive(core, input.message),
  'read-index': (core, input) => readIndex(core, input.token),
  persisted: (core, input) => persisted(core, input.batch),
  applied: (core, input) => applied(core, input.index),
  'log-fetched': (core, input) => {
    if (core.leadership) fetched(core, core.leadership, input.token, input.entries)
  },
  'snapshot-sent': (core, input) => onSnapshotSent(core, input.to, input.index),
  'snapshot-failed': (core, input) => onSnapshotFailed(core, input.to),
  'snapshot-received': (core, input) =>
    onSnapshotReceived(core, input.from, input.term, input.snapshot),
  'snapshot-installed': (core, input) => onSnapshotInstalled(core, input.index),
  compact: (core, input) => compact(core, input.index),
  'peer-up': (core, input) => {
    core.down.delete(input.peer)
  },
  'peer-down': (core, input) => peerDown(core, input.peer),
  /** Waking is all it does, and that is done before. */
  wake: () => {},
  campaign: campaignCarefully,
}

export function receiveInput(core: Core, input: RaftInput): void {
  const handle = HANDLERS[input.type] as (core: Core, input: RaftInput) => void
  handle(core, input)
}

function tick(core: Core): void {
  if (core.quiescent) return
  if (core.role === 'leader') tickLeader(core)
  else tickFollower(core)
}

function readIndex(core: Core, token: number): void {
  core.idleTicks = 0
  if (core.leadership) core.leadership.reads.wait({ at: 'here', token })
  else core.forwarded.wait(token)
}

function persisted(core: Core, batch: number): void {
  core.durability.landed(batch)
  countOwnVote(core)
  if (core.leadership) core.leadership.recount = true
}

function applied(core: Core, index: number): void {
  assert(index <= core.applying, 'only what was handed out is applied')
  if (index <= core.applied) return
  core.applied = index
  core.log.evict(index, core.config.tailBytes)
}

/** What is under way to it is lost; it is probed again once it is heard from. */
function peerDown(core: Core, peer: PeerId): void {
  core.down.add(peer)
  const progress = core.leadership?.progress.get(peer)
  if (progress?.state !== 'replicate') return
  progress.becomeProbe(progress.match + 1)
  progress.probing = true
}
