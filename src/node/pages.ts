/** The HTTP port's pages, put together: health, figures, reports, and what is for tests alone. */

import type { RequestListener } from 'node:http'
import type { Chainfire } from '../actors/chainfire.ts'
import { SYSTEM } from '../actors/flare-options.ts'
import type { Faults } from '../admin/faults-page.ts'
import { adminPages } from '../admin/pages.ts'
import type { GroupId, NodeName } from '../base/ids.ts'
import type { SwarmLinks } from '../net/swarm/swarm-links.ts'
import type { NodeShards } from '../runtime/threads/node-shards.ts'
import type { Response } from '../runtime/threads/protocol.ts'
import { faceOf, VERSIONS } from './door.ts'
import { metricText } from './figures.ts'
import { groupLoadPage } from './group-load.ts'
import { serveMetrics } from './metrics-channel.ts'
import { DISK_FAULT, type DiskFault, type NodeParts } from './parts.ts'
import type { NodePlan } from './plan.ts'
import { statusReport } from './report.ts'

export interface NodePagesParts {
  readonly plan: NodePlan
  readonly parts: NodeParts
  readonly shards: NodeShards
  readonly links: SwarmLinks
}

export function nodePages({ plan, parts, shards, links }: NodePagesParts): RequestListener {
  const { log, meter } = parts
  const chainfire = faceOf(plan, 0, shards.outside)
  const metrics = metricText({ plan, shards, links, chainfire, disk: () => parts.disk() })
  serveMetrics(plan, () => metrics.render())
  return adminPages({
    chainfire,
    versions: VERSIONS,
    meter,
    log,
    metrics: () => metrics.render(),
    reports: { '/status': () => statusReport({ plan, shards, links }) },
    ...(plan.faults || loadable(plan).length > 1
      ? { tools: { '/debug/groups': groupLoadPage(facesOf(plan, shards)) } }
      : {}),
    ...(plan.faults ? { faults: faultsOf(shards, links) } : {}),
  })
}

function facesOf(plan: NodePlan, shards: NodeShards): ReadonlyMap<GroupId, Chainfire> {
  return new Map(loadable(plan).map((group) => [group, faceOf(plan, 0, shards.outside, group)]))
}

/** All but the group whose keys are the driver's. */
const loadable = ({ tree }: NodePlan): readonly GroupId[] =>
  tree.groups.filter((group) => group !== SYSTEM)

function faultsOf(shards: NodeShards, { faults }: SwarmLinks): Faults {
  const onDisk = async (fault: DiskFault): Promise<void> => {
    for (const answer of await shards.requestAll(DISK_FAULT, fault)) must(answer)
  }
  return {
    crashShard: async (shard) => {
      must(await shards.request(shard, 'crash'))
    },
    throwInActor: async (kind, key) => {
      const answers = await shards.requestAll('throw', { kind, key })
      if (!answers.some((answer) => answer.ok && answer.data === true)) {
        throw new Error(`no actor ${kind}/${key} lives here`)
      }
    },
    blockLink: async (peer, blocked) => {
      if (blocked) faults.block(peer as NodeName, 'out')
      else faults.unblock(peer as NodeName)
    },
    stallDisk: (stallMs) => onDisk({ stallMs }),
    fillDisk: (full) => onDisk({ full }),
  }
}

function must(answer: Response): void {
  if (!answer.ok) throw new Error(answer.reason)
}
