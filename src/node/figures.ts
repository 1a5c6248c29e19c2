/** The figures of all threads together, for `/metrics`. */

import type { Chainfire } from '../actors/chainfire.ts'
import { HELP, type NodeFigures, readingsOf } from '../admin/figures.ts'
import { MetricText } from '../admin/metric-text.ts'
import { memberId } from '../api/etcd/ids.ts'
import { CLUSTER_VERSION, ETCD_VERSION } from '../api/etcd/version.ts'
import { MeterBook, type MeterReadings } from '../base/meter-book.ts'
import type { StoreStats } from '../storage/store.ts'
import { READINGS } from './parts.ts'
import { gatherShards, type ReportParts } from './report.ts'

export interface FiguresParts extends ReportParts {
  readonly chainfire: Chainfire
  disk(): StoreStats
}

/** Each scrape takes what the threads counted since the one before and adds it to the whole. */
export function metricText(parts: FiguresParts): MetricText {
  const whole = new MeterBook()
  return new MetricText(async () => {
    for (const answer of await parts.shards.requestAll(READINGS)) {
      if (answer.ok) whole.absorb(answer.data as MeterReadings)
    }
    return readingsOf(await figuresOf(parts, whole))
  }, HELP)
}

async function figuresOf(parts: FiguresParts, whole: MeterBook): Promise<NodeFigures> {
  const { plan, links, chainfire } = parts
  const { diskBytes } = parts.disk()
  const shards = await gatherShards(parts.shards)
  return {
    node: plan.tree.node,
    etcdVersion: ETCD_VERSION,
    clusterVersion: CLUSTER_VERSION,
    memberId: memberId(plan.cluster, plan.tree.node),
    chainfire: await chainfire.status(),
    allocatedBytes: diskBytes,
    inUseBytes: diskBytes,
    quotaBytes: 0,
    shards: shards.map(({ fallen, ...shard }) => ({ ...shard, failedActors: fallen.length })),
    links: links.peers(),
    meters: whole.read(),
  }
}
