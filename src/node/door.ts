/** The client door of one thread, put together: Chainfire's face, the members, the public pages. */

import type { Chainfire } from '../actors/chainfire.ts'
import { chainfireFace } from '../actors/chainfire-face.ts'
import { flareFace } from '../actors/flare/face.ts'
import type { Flare } from '../actors/flare/flare.ts'
import { publicPages } from '../admin/pages.ts'
import { type ClientDoor, openClientDoor } from '../api/client-door.ts'
import { clusterId, memberId } from '../api/etcd/ids.ts'
import type { Member, Membership } from '../api/etcd/member-list.ts'
import { CLUSTER_VERSION, ETCD_VERSION, STORAGE_VERSION } from '../api/etcd/version.ts'
import type { GroupId } from '../base/ids.ts'
import type { Outside } from '../runtime/outside.ts'
import type { ReadyShard } from '../runtime/threads/parts.ts'
import type { ClientUrls } from './members.ts'
import { askMetrics } from './metrics-channel.ts'
import { CHAINFIRE, type NodePlan } from './plan.ts'

/** A little more than the groups' own limit, so that theirs speaks first. */
const FACE_SLACK_MS = 500

/** The name under which a door is told where the members are. */
export const MEMBERS = 'members'

export const VERSIONS = {
  etcdserver: ETCD_VERSION,
  etcdcluster: CLUSTER_VERSION,
  storage: STORAGE_VERSION,
}

export function faceOf(
  { tree }: NodePlan,
  shard: number,
  outside: Outside,
  group: GroupId = CHAINFIRE,
): Chainfire {
  const timeoutMs = tree.limits.requestTimeoutMs + FACE_SLACK_MS
  return chainfireFace(outside, { node: tree.node, group, shard, timeoutMs })
}

export function flareOf({ tree }: NodePlan, outside: Outside): Flare {
  const timeoutMs = tree.limits.requestTimeoutMs + FACE_SLACK_MS
  return flareFace(outside, { node: tree.node, timeoutMs })
}

export function openDoor(plan: NodePlan, shard: number, ready: ReadyShard): Promise<ClientDoor> {
  const { tree, client } = plan
  const { log, meter, host } = ready
  const chainfire = faceOf(plan, shard, ready.outside)
  return openClientDoor({
    ...client,
    reusePort: tree.workers > 1,
    tls: plan.tls?.identity,
    chainfire,
    flare: flareOf(plan, ready.outside),
    membership: membershipOf(plan, ready),
    random: host.random,
    limits: plan.door,
    meter,
    log,
    pages: publicPages({
      chainfire,
      versions: VERSIONS,
      meter,
      log,
      metrics: () => askMetrics(plan),
    }),
  })
}

function membershipOf(plan: NodePlan, ready: ReadyShard): Membership {
  const { cluster, tree } = plan
  const ids = new Map(tree.founders.map((name) => [name as string, memberId(cluster, name)]))
  let urls: ClientUrls = plan.clientUrls
  ready.serve(MEMBERS, (told) => {
    urls = told as ClientUrls
  })
  const member = (name: string): Member => ({
    id: memberId(cluster, name),
    name,
    peerUrls: [],
    clientUrls: urls[name] === undefined ? [] : [urls[name]],
    learner: false,
  })
  return {
    clusterId: clusterId(cluster),
    memberId: memberId(cluster, tree.node),
    members: () => tree.founders.map(member),
    idOf: (name) => ids.get(name),
    sizes: () => {
      const { diskBytes } = ready.host.store.stats()
      return { allocatedBytes: diskBytes, inUseBytes: diskBytes, quotaBytes: 0 }
    },
  }
}
