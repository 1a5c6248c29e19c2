/**
 * In which order a range answers, and what that needs. etcd's rules: by key upwards is how the index lies
 * and costs nothing; another target with order `none` means ascending; sorting comes before the limit.
 */

import { compareBytes } from '../../base/bytes.ts'
import type { Metadata } from './metadata.ts'
import type { KeyValue, RangeRequest, SortTarget } from './types.ts'

export type RangeOrder =
  /** As the index lies. */
  | 'index'
  /** By what the index knows. */
  | 'metadata'
  /** Only once all values are there. */
  | 'value'

export function orderOf(request: RangeRequest): RangeOrder {
  if (request.sortTarget === 'value') return 'value'
  if (request.sortTarget === 'key' && request.sortOrder !== 'descend') return 'index'
  return 'metadata'
}

export function sortMetadata(found: Metadata[], request: RangeRequest): void {
  const sign = request.sortOrder === 'descend' ? -1 : 1
  const rank = metadataRank(request.sortTarget)
  found.sort((a, b) => sign * rank(a, b))
}

export function sortByValue(kvs: KeyValue[], request: RangeRequest): void {
  const sign = request.sortOrder === 'descend' ? -1 : 1
  kvs.sort((a, b) => sign * compareBytes(a.value, b.value))
}

function metadataRank(target: SortTarget): (a: Metadata, b: Metadata) => number {
  switch (target) {
    case 'version':
      return (a, b) => a.version - b.version
    case 'create':
      return (a, b) => a.create - b.create
    case 'mod':
      return (a, b) => a.main - b.main
    default:
      return (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
  }
}
