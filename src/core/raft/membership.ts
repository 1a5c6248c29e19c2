/**
 * Membership changes as a pure function: a configuration and what is wanted give the next
 * configuration to append, or the reason why not. One voter more or less changes at once (4.1);
 * more of them go through a joint configuration (4.3). When a change may be made at all is the
 * leader's to say.
 */

import type { PeerId } from '../../base/ids.ts'
import { ascending, equalConfigurations, isJoint } from './configuration.ts'
import type { ChangeRefusal, Configuration, MembershipChange, MembershipStep } from './types.ts'

export type ChangeResult =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly reason: ChangeRefusal }

export function nextConfiguration(current: Configuration, change: MembershipChange): ChangeResult {
  if (change.type === 'leave-joint') {
    return isJoint(current) ? accepted(leaveJoint(current)) : refused('not-joint')
  }
  if (isJoint(current)) return refused('already-joint')
  if (namesTwice(change.steps)) return refused('nothing-to-change')

  const target = applySteps(current, change.steps)
  if (target.voters.length === 0) return refused('no-voters')
  if (equalConfigurations(current, target)) return refused('nothing-to-change')
  if (changedVoters(current, target) <= 1 && !change.explicitLeave) return accepted(target)
  return accepted({
    ...target,
    outgoing: current.voters,
    autoLeave: !change.explicitLeave,
  })
}

/** The configuration after a joint one. */
export function leaveJoint(joint: Configuration): Configuration {
  return { ...joint, outgoing: [], autoLeave: false }
}

function applySteps(current: Configuration, steps: readonly MembershipStep[]): Configuration {
  const voters = new Set<PeerId>(current.voters)
  const learners = new Set<PeerId>(current.learners)
  for (const step of steps) {
    voters.delete(step.peer)
    learners.delete(step.peer)
    if (step.type === 'add-voter') voters.add(step.peer)
    if (step.type === 'add-learner') learners.add(step.peer)
  }
  return {
    voters: ascending(voters),
    outgoing: [],
    learners: ascending(learners),
    autoLeave: false,
  }
}

function changedVoters(before: Configuration, after: Configuration): number {
  const added = after.voters.filter((peer) => !before.voters.includes(peer)).length
  const removed = before.voters.filter((peer) => !after.voters.includes(peer)).length
  return added + removed
}

const namesTwice = (steps: readonly MembershipStep[]): boolean =>
  new Set(steps.map((step) => step.peer)).size !== steps.length

const accepted = (configuration: Configuration): ChangeResult => ({ ok: true, configuration })
const refused = (reason: ChangeRefusal): ChangeResult => ({ ok: false, reason })
