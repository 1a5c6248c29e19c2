/** `etcdserverpb.Cluster`: the member list. Its headers carry no revision, as in etcd. */

import type { RangeRequest } from '../../core/kv/types.ts'
import { ClusterDefinition } from '../../wire/proto/etcdserverpb/cluster.ts'
import { type Method, service } from '../grpc/service.ts'
import { statusOf } from './errors.ts'
import { headerOf } from './header.ts'
import type { Member } from './member-list.ts'
import type { ServiceParts } from './services.ts'

/** Reads nothing; confirmed by a quorum, it shows that this node is not cut off. */
const NOTHING: RangeRequest = {
  key: Uint8Array.of(0),
  rangeEnd: Uint8Array.of(),
  limit: 1,
  revision: 0,
  sortOrder: 'none',
  sortTarget: 'key',
  keysOnly: true,
  countOnly: true,
  minModRevision: 0,
  maxModRevision: 0,
  minCreateRevision: 0,
  maxCreateRevision: 0,
  serializable: false,
}

export function clusterService({ chainfire, membership }: ServiceParts): readonly Method[] {
  return service(ClusterDefinition, {
    async memberList({ linearizable }) {
      const outcome = await chainfire.range({ ...NOTHING, serializable: !linearizable })
      if (!outcome.ok) return statusOf(outcome)
      const header = headerOf(membership, { revision: 0, term: outcome.header.term })
      return { header, members: membership.members().map(memberOf) }
    },
  })
}

function memberOf({ id, name, peerUrls, clientUrls, learner }: Member) {
  return { ID: id, name, peerURLs: peerUrls, clientURLs: clientUrls, isLearner: learner }
}
