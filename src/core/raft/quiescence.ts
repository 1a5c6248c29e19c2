/**
 * Quiet groups: a leader with nothing to do, whose reachable followers have everything, tells them
 * so and stops ticking; they stop too. Any input with meaning wakes a peer. A peer known to be
 * down does not keep the group awake, as long as a quorum is reachable.
 */

import type { Core, Leadership } from './core.ts'
import type { RaftMessage } from './messages.ts'
import { isQuorum } from './quorum.ts'
import { broadcastHeartbeat } from './replication.ts'
import type { RaftInput } from './types.ts'

/** Called at each tick of a leader; true when the group has just gone quiet. */
export function tryQuiesce(core: Core, leadership: Leadership): boolean {
  const { quiesceTicks } = core.config
  if (quiesceTicks === 0 || !isIdle(core, leadership)) {
    core.idleTicks = 0
    return false
  }
  if (++core.idleTicks < quiesceTicks) return false
  broadcastHeartbeat(core, leadership, true)
  fallQuiet(core)
  core.mark('raft.quiesced')
  return true
}

function isIdle(core: Core, leadership: Leadership): boolean {
  const { lastIndex } = core.log
  const settled = core.commit === lastIndex && core.applied === lastIndex
  if (!settled || leadership.transferee !== undefined || !leadership.reads.isIdle) return false
  for (const progress of leadership.progress.values()) {
    if (core.down.has(progress.peer)) continue
    if (progress.state !== 'replicate' || progress.match !== lastIndex) return false
  }
  return isQuorum(core.configuration, (peer) => peer === core.self || !core.down.has(peer))
}

export function fallQuiet(core: Core): void {
  if (core.quiescent) return
  core.quiescent = true
  core.emit({ type: 'quiesce' })
}

/**
 * Wakes a quiet peer. A leader says so at once, and gives everybody a full period to be heard
 * from.
 */
export function wake(core: Core): void {
  core.idleTicks = 0
  if (!core.quiescent) return
  core.quiescent = false
  core.emit({ type: 'wake' })
  const { leadership } = core
  if (!leadership) return
  core.elapsed = 0
  for (const progress of leadership.progress.values()) progress.active = true
  broadcastHeartbeat(core, leadership, false)
}

/**
 * Wakes a quiet peer if the input gives it something to do. A follower then sees that its leader
 * is up.
 */
export function stir(core: Core, input: RaftInput): void {
  if (!core.quiescent || !stirs(core, input)) return
  wake(core)
  const fromLeader = input.type === 'message' && input.message.from === core.leader
  if (core.role === 'follower' && core.leader !== undefined && !fromLeader) {
    core.acknowledge = core.commit
  }
}

/** Whether an input gives a quiet peer something to do. */
function stirs(core: Core, input: RaftInput): boolean {
  switch (input.type) {
    case 'message':
      return messageStirs(core, input.message)
    case 'read-index':
    case 'snapshot-received':
    case 'wake':
    case 'campaign':
      return true
    case 'peer-up':
      return core.role === 'leader'
    case 'peer-down':
      return input.peer === core.leader
    default:
      return false
  }
}

/** The heartbeat that quiets a peer does not wake it, nor does the answer to it wake the leader. */
function messageStirs(core: Core, message: RaftMessage): boolean {
  if (message.term !== core.term) return true
  if (message.kind === 'heartbeat') return !message.quiesce
  return message.kind !== 'heartbeat-answer'
}
