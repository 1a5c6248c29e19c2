/**
 * When a leader may change the membership (4.1): one change at a time, and none before it has
 * committed an entry of its own term; without that, two changes in flight could have disjoint
 * majorities.
 */

import { encodeConfiguration } from './configuration.ts'
import type { Core, Leadership } from './core.ts'
import { appendOwn } from './leader.ts'
import { nextConfiguration } from './membership.ts'
import { wake } from './quiescence.ts'
import type { ChangeOutcome, ChangeRefusal, MembershipChange } from './types.ts'

export function changeMembership(core: Core, change: MembershipChange): ChangeOutcome {
  const { leadership, leader } = core
  const refused = (reason: ChangeRefusal): ChangeOutcome => ({ ok: false, reason, leader })
  if (!leadership) return refused('not-leader')
  if (leadership.transferee !== undefined) return refused('transferring')
  if (core.commit < leadership.start) return refused('change-pending')
  if (core.configurations.current.index > core.commit) return refused('change-pending')

  const next = nextConfiguration(core.configuration, change)
  if (!next.ok) return refused(next.reason)
  if (promotesLaggard(core, leadership, change)) return refused('learner-behind')

  wake(core)
  const data = encodeConfiguration(next.configuration)
  const { term, index } = appendOwn(core, leadership, 'config', data)
  return { ok: true, term, index }
}

/** A voter that must first catch up would leave the group without a spare for as long. */
function promotesLaggard(core: Core, leadership: Leadership, change: MembershipChange): boolean {
  if (change.type !== 'change') return false
  return change.steps.some(({ type, peer }) => {
    if (type !== 'add-voter' || !core.configuration.learners.includes(peer)) return false
    const match = leadership.progress.get(peer)?.match ?? 0
    return match + core.config.promoteLag < core.commit
  })
}
