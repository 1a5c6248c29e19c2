/** Gathers what a node tells of itself: each shard's own part, and what the main thread knows. */

import type { GroupStatus } from '../actors/chainfire.ts'
import { REGION } from '../actors/region/replica.ts'
import type { RegionPicture } from '../actors/region/status.ts'
import type { Links } from '../net/link.ts'
import type { ActorPicture, ShardPicture } from '../runtime/inspect.ts'
import type { NodeShards } from '../runtime/threads/node-shards.ts'
import type { ReadyShard } from '../runtime/threads/parts.ts'
import type { NodePlan } from './plan.ts'
import type { GroupReport, ShardReport, StatusReport } from './status-report.ts'

/** The name under which each shard answers with its `ShardReport`. */
export const REPORT = 'report'

/** A shard's own part: small and plain, whatever its actors show to audits. */
export function shardReport({ shard }: ReadyShard, connections: () => number): ShardReport {
  const picture = shard.inspect()
  return {
    shard: picture.shard,
    turns: picture.turns,
    inputs: picture.inputs,
    deepestMailbox: Math.max(0, ...picture.actors.map(({ depth }) => depth)),
    batches: picture.batch,
    actors: picture.actors.length,
    fallen: fallenIn(picture),
    connections: connections(),
    groups: picture.actors.filter(({ kind }) => kind === 'raft-group').flatMap(groupReport),
    regions: regionsOf(picture),
  }
}

function fallenIn({ actors }: ShardPicture): string[] {
  return actors
    .filter(({ state }) => state !== 'running')
    .map(({ kind, key, state, failure }) => `${kind}/${key} is ${state} (${failure})`)
}

function regionsOf({ actors }: ShardPicture): ShardReport['regions'] {
  const regions = actors.filter(({ kind }) => kind === REGION)
  const leaders = regions.filter(({ detail }) => (detail as Partial<RegionPicture>).leads)
  return { peers: regions.length, leaders: leaders.length }
}

function groupReport({ key, detail }: ActorPicture): GroupReport[] {
  const { status } = detail as { status?: GroupStatus }
  if (status === undefined) return []
  const { kind: _kind, ...fields } = { kind: '', ...status }
  return [{ group: key, ...fields }]
}

export interface ReportParts {
  readonly plan: NodePlan
  readonly shards: NodeShards
  readonly links: Links
}

export async function gatherShards(shards: NodeShards): Promise<ShardReport[]> {
  const answers = await shards.requestAll(REPORT)
  return answers.map((answer, shard) =>
    answer.ok ? (answer.data as ShardReport) : deadShard(shard, answer.reason),
  )
}

export async function statusReport({ plan, shards, links }: ReportParts): Promise<StatusReport> {
  return {
    cluster: plan.cluster,
    node: plan.tree.node,
    version: plan.version,
    pid: process.pid,
    uptimeSeconds: Math.floor(process.uptime()),
    memoryBytes: process.memoryUsage.rss(),
    client: `${plan.client.host}:${plan.client.port}`,
    http: plan.http,
    noSync: !plan.sync,
    shards: await gatherShards(shards),
    links: links.peers(),
  }
}

function deadShard(shard: number, reason: string): ShardReport {
  const nothing = { turns: 0, inputs: 0, batches: 0, actors: 0, deepestMailbox: 0, connections: 0 }
  return { shard, ...nothing, fallen: [reason], groups: [], regions: { peers: 0, leaders: 0 } }
}
