/** What a node tells of itself at `/status`: plain JSON, read by `plasma status`, `up` and tests. */

import type { GroupStatus } from '../actors/chainfire.ts'
import type { LinkPeer } from '../net/link.ts'

export interface ShardReport {
  /** 0 is the main thread. */
  readonly shard: number
  readonly turns: number
  /** Messages, timers and completions that its actors took. */
  readonly inputs: number
  readonly batches: number
  readonly actors: number
  /** Inputs waiting in the fullest mailbox. */
  readonly deepestMailbox: number
  /** Actors that are not running, with the reason. */
  readonly fallen: readonly string[]
  /** Client connections on this thread. */
  readonly connections: number
  readonly groups: readonly GroupReport[]
  /** Of FlareDB: how many have a peer on this thread, and how many of those lead. */
  readonly regions: { readonly peers: number; readonly leaders: number }
}

export interface GroupReport extends GroupStatus {
  readonly group: string
}

export interface StatusReport {
  readonly cluster: string
  readonly node: string
  readonly version: string
  readonly pid: number
  readonly uptimeSeconds: number
  readonly memoryBytes: number
  /** `host:port` of each listener. */
  readonly client: string
  readonly http: string
  /** Acknowledged writes may be lost with the machine. */
  readonly noSync: boolean
  readonly shards: readonly ShardReport[]
  readonly links: readonly LinkPeer[]
}
