/** What one thread of a node is made of, whichever thread it is: its program, its store, its doors. */

import { chainfireFace } from '../actors/chainfire-face.ts'
import { actorKinds, supervisionTree } from '../actors/tree.ts'
import { type ClientDoor, openClientDoor } from '../api/client-door.ts'
import { clusterId, memberId } from '../api/etcd/ids.ts'
import type { Membership } from '../api/etcd/member-list.ts'
import { ETCD_LIMITS } from '../api/limits.ts'
import { UNMETERED } from '../base/ports/meter.ts'
import type { ReadyShard, ShardParts } from '../runtime/threads/parts.ts'
import { BATCH_RING } from '../storage/batch-ring.ts'
import { type LevelStore, openLevelStore } from '../storage/level/level-store.ts'
import { CODEC } from '../wire/codec.ts'
import { decodeFrame, encodeFrames, peekShard } from '../wire/frame.ts'
import { openLogger } from './logger.ts'
import { CHAINFIRE, type NodePlan } from './plan.ts'
import { REPORT, shardReport } from './report.ts'

/** A little more than the groups' own limit, so that theirs speaks first. */
const FACE_SLACK_MS = 500

export function makeParts(plan: NodePlan, shard: number): ShardParts {
  const { tree, logLevel, storeDirectory, sync } = plan
  const log = openLogger({ level: logLevel, node: tree.node, ...(shard > 0 ? { shard } : {}) })
  let store: LevelStore | undefined
  const ports = {
    disk: () => store?.stats() ?? { diskBytes: 0, levelZeroFiles: 0, freeBytes: 0 },
  }
  return {
    program: {
      kinds: actorKinds(tree, ports),
      tree: supervisionTree(tree),
      codec: CODEC,
      ring: BATCH_RING,
    },
    frames: { decodeFrame, encodeFrames, peekShard },
    log,
    meter: UNMETERED,
    openStore: async () => {
      const opened = await openLevelStore({ directory: storeDirectory, sync })
      store = opened
      return { store: opened, close: () => opened.close() }
    },
    onReady: async (ready) => {
      // Workers carry the clients; the main thread does when it is alone.
      const isDoor = shard > 0 || tree.workers === 0
      const door = isDoor ? await openDoor(plan, shard, ready) : undefined
      ready.serve(REPORT, () => shardReport(ready, () => door?.connections() ?? 0))
      return door && (() => door.close())
    },
  }
}

function openDoor(plan: NodePlan, shard: number, ready: ReadyShard): Promise<ClientDoor> {
  const { tree, client } = plan
  const chainfire = chainfireFace(ready.outside, {
    node: tree.node,
    group: CHAINFIRE,
    shard,
    timeoutMs: tree.limits.requestTimeoutMs + FACE_SLACK_MS,
  })
  return openClientDoor({
    ...client,
    reusePort: tree.workers > 1,
    chainfire,
    membership: membershipOf(plan, ready),
    random: ready.host.random,
    limits: ETCD_LIMITS,
    meter: ready.meter,
    log: ready.log,
    pages: (_request, response) => response.writeHead(404).end(),
  })
}

function membershipOf({ cluster, tree, client }: NodePlan, { host }: ReadyShard): Membership {
  const ids = new Map(tree.founders.map((name) => [name as string, memberId(cluster, name)]))
  const self = memberId(cluster, tree.node)
  return {
    clusterId: clusterId(cluster),
    memberId: self,
    members: () =>
      tree.founders.map((name) => ({
        id: memberId(cluster, name),
        name,
        peerUrls: [],
        clientUrls: name === tree.node ? [`http://${client.host}:${client.port}`] : [],
        learner: false,
      })),
    idOf: (name) => ids.get(name),
    sizes: () => {
      const { diskBytes } = host.store.stats()
      return { allocatedBytes: diskBytes, inUseBytes: diskBytes, quotaBytes: 0 }
    },
  }
}
