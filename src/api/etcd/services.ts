/** What every service of etcd stands on, handed to each when a door is put together. */

import type { Chainfire } from '../../actors/chainfire.ts'
import type { Random } from '../../base/ports/random.ts'
import type { DoorLimits } from '../limits.ts'
import type { LeaderMonitor } from './leader-monitor.ts'
import type { Membership } from './member-list.ts'

export interface ServiceParts {
  readonly chainfire: Chainfire
  readonly membership: Membership
  readonly random: Random
  readonly limits: DoorLimits
  readonly leaders: LeaderMonitor
}
