/**
 * What every thread of a node must know to make its parts: plain data, drawn from the config, the data
 * directory and the ports that were bound, and posted to each worker.
 */

import { GROUP_LIMITS, type GroupLimits, type TreeOptions } from '../actors/options.ts'
import { groupId, nodeName } from '../base/ids.ts'
import type { LogLevel } from '../base/ports/log.ts'
import type { NodeConfig } from '../config/schema.ts'
import type { Identity } from './data-directory.ts'
import type { ClientUrls } from './members.ts'

export interface NodePlan {
  readonly cluster: string
  readonly version: string
  readonly tree: TreeOptions
  readonly storeDirectory: string
  /** False only by `unsafe.noSync`. */
  readonly sync: boolean
  readonly client: { readonly host: string; readonly port: number }
  /** `host:port` of the HTTP port. */
  readonly http: string
  /** Where clients reach the members, as far as it is known at start. */
  readonly clientUrls: ClientUrls
  readonly logLevel: LogLevel
  readonly faults: boolean
}

/** Chainfire's own group, and the first of all. */
export const CHAINFIRE = groupId('chainfire')

export interface PlanParts {
  readonly config: NodeConfig
  readonly identity: Identity
  readonly clientPort: number
  readonly httpPort: number
  readonly clientUrls: ClientUrls
  readonly version: string
}

export function planNode(parts: PlanParts): NodePlan {
  const { config, identity, clientPort, httpPort, clientUrls, version } = parts
  const extra = Array.from({ length: config.debug.groups }, (_, i) => groupId(`g${i + 1}`))
  return {
    cluster: config.cluster.name,
    version,
    tree: {
      node: nodeName(config.node),
      founders: config.cluster.nodes.map(nodeName),
      groups: [CHAINFIRE, ...extra],
      workers: config.shards,
      incarnation: identity.incarnation,
      rejoin: identity.rejoined,
      limits: limitsOf(config),
    },
    storeDirectory: `${config.data}/store`,
    sync: !config.unsafe.noSync,
    client: { host: config.client.host, port: clientPort },
    http: `${config.http.host}:${httpPort}`,
    clientUrls,
    logLevel: config.log.level,
    faults: config.debug.faults,
  }
}

function limitsOf({ raft }: NodeConfig): GroupLimits {
  return {
    ...GROUP_LIMITS,
    tickMs: raft.tickMs,
    electionTicks: raft.electionTicks,
    compactEntries: raft.snapshotCount,
    keepEntries: raft.catchUpEntries,
  }
}
