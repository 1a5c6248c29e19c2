/** Tells a router why its question was certainly not done, and what it should know to ask better. */

import { checkEpoch, type EpochUse } from '../../core/region/epoch.ts'
import type { RegionEpoch, RegionRefusal, RoutedRegion } from '../../core/region/types.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import type { RegionRefused } from '../../wire/messages/region.ts'
import type { Replica } from './replica.ts'

export function refuse(question: Question, refusal: RegionRefusal, context: Context): void {
  context.answerNow(question, refusedBy(refusal))
}

export const refusedBy = (refusal: RegionRefusal): RegionRefused => ({
  kind: 'region.refused',
  refusal,
})

/** Why nothing may be asked under this epoch; undefined: it is the region's. An asker ahead of it is to wait. */
export function epochRefusal(
  replica: Replica,
  asked: RegionEpoch,
  use: EpochUse,
): RegionRefusal | undefined {
  switch (checkEpoch(replica.descriptor.epoch, asked, use)) {
    case 'ok':
      return undefined
    case 'ahead':
      return { reason: 'not-ready' }
    case 'stale':
      return staleEpoch(replica)
  }
}

/** What this peer knows about who has the keys: itself, and the children that it split off lately. */
export function staleEpoch(replica: Replica): RegionRefusal {
  const { descriptor, leaderNode, lateChildren } = replica
  const self: RoutedRegion = { descriptor, leader: leaderNode }
  const children = lateChildren.map(
    (child): RoutedRegion => ({ descriptor: child, leader: undefined }),
  )
  return { reason: 'epoch', regions: [...children, self] }
}
