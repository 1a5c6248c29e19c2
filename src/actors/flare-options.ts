/** What FlareDB's actors of a node are told when they are made: plain data, the same on all its shards. */

import { type GroupId, groupId } from '../base/ids.ts'
import { PLACEMENT_LIMITS, type PlacementLimits } from '../core/placement/limits.ts'
import type { StoreLabel } from '../core/placement/types.ts'

/** The second group of Chainfire: what driver and oracle keep lies in it, and no client of etcd sees it. */
export const SYSTEM: GroupId = groupId('system')

export const TIMESTAMP_ORACLE = 'timestamp-oracle'
export const PLACEMENT_DRIVER = 'placement-driver'

export interface FlareOptions {
  /** The failure domains in which this node's store lies. */
  readonly labels: readonly StoreLabel[]
  readonly oracle: OracleOptions
  readonly placement: PlacementLimits
  readonly region: RegionOptions
}

export interface OracleOptions {
  /** How far ahead timestamps are reserved on disk. */
  readonly windowMs: number
}

export interface RegionOptions {
  /** A region of about this size, or with about so many versions, splits. */
  readonly splitBytes: number
  readonly splitRows: number
  /** So does one that is asked so much a second, for ten seconds. */
  readonly splitOps: number
  /** One that grew to this all the same takes no more before it has. */
  readonly maxBytes: number
  /** Entries, or bytes of them, applied since the last cut at which the log is cut again. */
  readonly logEntries: number
  readonly logBytes: number
  /** Entries that stay for slow followers. */
  readonly keepEntries: number
  /** Bytes of the log kept in memory: a node has many regions. */
  readonly tailBytes: number
}

const MIB = 1024 * 1024

export const FLARE_OPTIONS: FlareOptions = {
  labels: [],
  oracle: { windowMs: 3000 },
  placement: PLACEMENT_LIMITS,
  region: {
    splitBytes: 64 * MIB,
    splitRows: 640_000,
    splitOps: 2500,
    maxBytes: 96 * MIB,
    logEntries: 2000,
    logBytes: 8 * MIB,
    keepEntries: 500,
    tailBytes: MIB / 4,
  },
}
