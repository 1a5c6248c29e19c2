/** A transaction's mutations as commands carry them: all of a batch in one region, and not too much at once. */

import type { Bytes } from '../../base/bytes.ts'
import { equalBytes } from '../../base/bytes.ts'
import type { Mutation, NamespaceId } from '../region/types.ts'
import type { TxnMutation } from './types.ts'

export interface Batch {
  readonly namespace: NamespaceId
  readonly mutations: readonly TxnMutation[]
  readonly keys: readonly Bytes[]
}

/** Keys and values; well below what one log entry may hold. */
export const BATCH_BYTES_MAX = 1024 * 1024
export const BATCH_KEYS_MAX = 2048

export function batchesOf(parts: readonly (readonly TxnMutation[])[]): Batch[] {
  return parts.flatMap((part) => cut(part).map(batchOf))
}

export const mutationsOf = ({ mutations }: Batch): readonly Mutation[] =>
  mutations.map(({ key, action, value }) => ({ key, action, value }))

export const holds = (batch: Batch, { namespace, key }: TxnMutation): boolean =>
  batch.namespace === namespace && batch.keys.some((mine) => equalBytes(mine, key))

/** The primary before the others: should they be too many for one entry, it is in the first. */
export const keysFrom = ({ keys }: Batch, primary: Bytes): readonly Bytes[] => [
  primary,
  ...keys.filter((key) => !equalBytes(key, primary)),
]

export const mutationBytes = ({ key, value }: TxnMutation): number => key.length + value.length

function batchOf(mutations: readonly TxnMutation[]): Batch {
  const [first] = mutations as readonly [TxnMutation]
  return { namespace: first.namespace, mutations, keys: mutations.map(({ key }) => key) }
}

function cut(part: readonly TxnMutation[]): TxnMutation[][] {
  const batches: TxnMutation[][] = []
  let bytes = 0
  for (const mutation of part) {
    const size = mutationBytes(mutation)
    const current = batches.at(-1)
    const fits =
      current !== undefined && current.length < BATCH_KEYS_MAX && bytes + size <= BATCH_BYTES_MAX
    if (fits) current.push(mutation)
    else batches.push([mutation])
    bytes = fits ? bytes + size : size
  }
  return batches
}
