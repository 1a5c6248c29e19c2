/**
 * What every thread of a node must know to make its parts: plain data, drawn from the config, the data
 * directory and the ports that were bound, and posted to each worker.
 */

import { FLARE_OPTIONS, type FlareOptions, SYSTEM } from '../actors/flare-options.ts'
import { GROUP_LIMITS, type GroupLimits, type TreeOptions } from '../actors/options.ts'
import { type DoorLimits, ETCD_LIMITS } from '../api/limits.ts'
import { type GroupId, groupId, nodeName } from '../base/ids.ts'
import type { LogLevel } from '../base/ports/log.ts'
import type { NodeConfig } from '../config/schema.ts'
import type { CurrentTls } from './certificates.ts'
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
  /** Plain text without. */
  readonly tls: CurrentTls | undefined
  /** `host:port` of the HTTP port. */
  readonly http: string
  /** Where clients reach the members, as far as it is known at start. */
  readonly clientUrls: ClientUrls
  /** What one client may ask. */
  readonly door: DoorLimits
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
  readonly tls: CurrentTls | undefined
  readonly version: string
}

export function planNode(parts: PlanParts): NodePlan {
  const { config, identity, clientPort, httpPort, clientUrls, tls, version } = parts
  return {
    cluster: config.cluster.name,
    version,
    tree: {
      node: nodeName(config.node),
      founders: config.cluster.nodes.map(nodeName),
      groups: groupsOf(config),
      workers: config.shards,
      incarnation: identity.incarnation,
      rejoin: identity.rejoined,
      limits: limitsOf(config),
      flare: flareOf(config),
    },
    storeDirectory: `${config.data}/store`,
    sync: !config.unsafe.noSync,
    client: { host: config.client.host, port: clientPort },
    tls,
    http: `${config.http.host}:${httpPort}`,
    clientUrls,
    door: doorLimitsOf(config),
    logLevel: config.log.level,
    faults: config.debug.faults,
  }
}

function flareOf({ flare }: NodeConfig): FlareOptions | undefined {
  if (!flare.enabled) return undefined
  const labels = flare.labels.map((label) => {
    const [name = '', value = ''] = label.split('=')
    return { name, value }
  })
  const { replicas, deadSeconds } = flare
  const deadMs = deadSeconds * 1000
  const silentMs = Math.min(FLARE_OPTIONS.placement.silentMs, deadMs / 2)
  const placement = { ...FLARE_OPTIONS.placement, replicas, deadMs, silentMs }
  return { ...FLARE_OPTIONS, labels, placement }
}

/** A node that is no founder has no member of any group: it is a store. */
function groupsOf({ cluster, node, flare, debug }: NodeConfig): readonly GroupId[] {
  if (!cluster.nodes.includes(node)) return []
  const extra = Array.from({ length: debug.groups }, (_, i) => groupId(`g${i + 1}`))
  return [CHAINFIRE, ...(flare.enabled ? [SYSTEM] : []), ...extra]
}

function doorLimitsOf({ limits }: NodeConfig): DoorLimits {
  const { maxRequestBytes, maxTxnOps, maxConcurrentStreams } = limits
  return { ...ETCD_LIMITS, maxRequestBytes, maxTxnOps, maxConcurrentStreams }
}

function limitsOf({ raft, limits }: NodeConfig): GroupLimits {
  return {
    ...GROUP_LIMITS,
    ...limits,
    tickMs: raft.tickMs,
    electionTicks: raft.electionTicks,
    compactEntries: raft.snapshotCount,
    keepEntries: raft.catchUpEntries,
  }
}
