/** Where an actor lives: node, kind, key. Sending is the same to the next actor and another continent. */

import type { NodeName } from '../base/ids.ts'

export interface Address {
  readonly node: NodeName
  readonly kind: string
  readonly key: string
}

export const address = (node: NodeName, kind: string, key: string): Address => ({ node, kind, key })

export const formatAddress = (at: Address): string => `${at.node}/${at.kind}/${at.key}`

/** FNV-1a over UTF-16 units: the same on every node and version, because it places actors on shards. */
export function hashKey(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/**
 * The shard that carries keyed actors on a node: 0 is the main thread, 1..workers are worker threads.
 * With no workers everything lives on shard 0.
 */
export function shardOfKey(key: string, workers: number): number {
  return workers === 0 ? 0 : 1 + (hashKey(key) % workers)
}
