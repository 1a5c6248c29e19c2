/** Ids for the parts of a split: all but the last get a region's, and one for each peer of the parent. */

import { peerId } from '../../base/ids.ts'
import { type RegionDescriptor, regionId, type SplitIds } from '../region/types.ts'
import type { Ids } from './ids.ts'

export function splitIds(
  ids: Ids,
  { peers }: RegionDescriptor,
  parts: number,
): readonly SplitIds[] {
  const each = 1 + peers.length
  const first = ids.take((parts - 1) * each)
  return Array.from({ length: parts - 1 }, (_, i) => ({
    region: regionId(first + i * each),
    peers: peers.map((_, j) => peerId(first + i * each + 1 + j)),
  }))
}
