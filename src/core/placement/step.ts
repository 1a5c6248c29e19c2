/**
 * The next step of a move, derived from its record and from how the region stands: so a driver that has just
 * come to lead goes on where the last one was. The new replica comes as a learner, catches up, gets its vote
 * in the same joint step in which the old one loses it, and only then the old one goes.
 */

import type { NodeName, PeerId } from '../../base/ids.ts'
import type { RegionDescriptor, RegionOrder } from '../region/types.ts'
import type { MoveRecord } from './records.ts'

/** How the region's leader sees it. */
export interface Standing {
  readonly descriptor: RegionDescriptor
  readonly leader: NodeName
  /** A joint configuration is being left. */
  readonly joint: boolean
  /** Followers that have all but the last few entries. */
  readonly caughtUp: readonly PeerId[]
}

export type Step =
  | { readonly step: 'order'; readonly order: RegionOrder }
  | { readonly step: 'wait'; readonly why: string }
  | { readonly step: 'done' }

export function nextStep(move: MoveRecord, standing: Standing): Step {
  const { descriptor, joint } = standing
  if (joint) return { step: 'wait', why: 'the joint configuration is being left' }
  const added = descriptor.peers.find(({ peer }) => peer === move.add?.peer)
  const leaving = descriptor.peers.find(({ peer }) => peer === move.remove)
  if (move.add !== undefined && added === undefined) {
    // All was done before, and others have gone on from there.
    if (move.remove !== undefined && leaving === undefined) return { step: 'done' }
    return order({ order: 'add-learner', ...move.add })
  }
  const promote = added?.role === 'learner' ? [added.peer] : []
  const demote = leaving?.role === 'voter' ? [leaving.peer] : []
  if (promote.some((peer) => !standing.caughtUp.includes(peer))) {
    return { step: 'wait', why: `the learner on ${added?.store} catches up` }
  }
  if (demote.length > 0 && leaving?.store === standing.leader) {
    return handLead(standing, promote, leaving.peer)
  }
  if (promote.length + demote.length > 0) return order({ order: 'switch', promote, demote })
  return leaving === undefined ? { step: 'done' } : order({ order: 'remove', peer: leaving.peer })
}

/** Who leads cannot be the one to lose its vote. A lone voter needs a second one first. */
function handLead(
  { descriptor, caughtUp }: Standing,
  promote: readonly PeerId[],
  leaving: PeerId,
): Step {
  const others = descriptor.peers.filter(({ peer, role }) => role === 'voter' && peer !== leaving)
  const heir = others.find(({ peer }) => caughtUp.includes(peer))
  if (heir !== undefined) return order({ order: 'transfer', to: heir.peer })
  if (others.length === 0 && promote.length > 0)
    return order({ order: 'switch', promote, demote: [] })
  return { step: 'wait', why: 'no other voter has caught up to lead' }
}

const order = (it: RegionOrder): Step => ({ step: 'order', order: it })
