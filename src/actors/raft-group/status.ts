/** A group as `plasma status`, metrics and audits see it. */

import type { GroupStatusIs } from '../../wire/messages/group.ts'
import type { Replica } from './replica.ts'

export function statusOf(replica: Replica): GroupStatusIs {
  const status = replica.status()
  const { directory, kv } = replica
  const { voters, learners } = status.configuration
  return {
    kind: 'group.status-is',
    leader: status.leader === undefined ? undefined : directory.nameOf(status.leader),
    role: status.learner ? 'learner' : status.role,
    term: status.term,
    lastIndex: status.lastIndex,
    commitIndex: status.commit,
    appliedIndex: kv.appliedIndex,
    revision: kv.revision,
    compactRevision: kv.compactRevision,
    keys: kv.keyCount,
    leases: kv.leaseCount,
    quiescent: status.quiescent,
    voters: voters.map((peer) => directory.nameOf(peer)),
    learners: learners.map((peer) => directory.nameOf(peer)),
  }
}

/** Before it is back from its disk a group knows nothing it could swear to. */
export const RECOVERING: GroupStatusIs = {
  kind: 'group.status-is',
  leader: undefined,
  role: 'recovering',
  term: 0,
  lastIndex: 0,
  commitIndex: 0,
  appliedIndex: 0,
  revision: 0,
  compactRevision: 0,
  keys: 0,
  leases: 0,
  quiescent: false,
  voters: [],
  learners: [],
}

/** What audits look at: plain views beside the machines themselves. */
export interface GroupInspection {
  readonly status: GroupStatusIs
  readonly raft: Replica['raft'] | undefined
  readonly kv: Replica['kv'] | undefined
}

export function inspectGroup(replica: Replica): GroupInspection {
  return { status: statusOf(replica), raft: replica.raft, kv: replica.kv }
}
