/** How a region stands: for `plasma status`, for the driver, for audits. */

import { isJoint } from '../../core/raft/configuration.ts'
import type { RegionStatusIs } from '../../wire/messages/region.ts'
import type { Leadership } from './leadership.ts'
import type { Replica } from './replica.ts'

export function statusOf(replica: Replica, leadership: Leadership): RegionStatusIs {
  const { state, self, raft, descriptor } = replica
  const status = raft.status()
  return {
    kind: 'region.status-is',
    descriptor,
    self,
    role: status.learner ? 'learner' : status.role,
    term: status.term,
    leader: replica.leaderNode,
    serving: leadership.evaluator !== undefined,
    quiescent: status.quiescent,
    lastIndex: status.lastIndex,
    commit: status.commit,
    applied: state.appliedIndex,
    joint: isJoint(status.configuration),
    bytes: state.size.bytes,
    keys: state.size.rows,
    maxTs: leadership.maxTs,
    driverEpoch: state.driverEpoch,
    followers: status.followers.map(({ peer, match, state: how, down }) => ({
      peer,
      match,
      state: how,
      down,
    })),
  }
}

/** What counts of regions look at; there may be thousands. */
export interface RegionPicture {
  readonly leads: boolean
}

/** What audits look at: the machines themselves. */
export interface RegionInspection extends RegionPicture {
  readonly status: RegionStatusIs
  readonly raft: Replica['raft']
  readonly state: Replica['state']
}

export function inspectRegion(replica: Replica, leadership: Leadership): RegionInspection {
  const { leads, raft, state } = replica
  return {
    leads,
    raft,
    state,
    // Only when somebody looks.
    get status() {
      return statusOf(replica, leadership)
    },
  }
}
