/**
 * Cutting a region into parts: the right-most keeps the id, and so the log; each other one begins a log of its
 * own behind the fixed base, which no peer that was made empty can have.
 */

import { must } from '../../base/assert.ts'
import { compareBytes } from '../../base/bytes.ts'
import { holdsKey } from './descriptor.ts'
import type { Size, SplitEntry } from './entry.ts'
import { epochAfterSplit } from './epoch.ts'
import type { RegionDescriptor, SplitIds } from './types.ts'

/** Index and term that a child's log begins behind. */
export const CHILD_BASE = 5

/** Why a region cannot be cut so; undefined: it can. */
export function splitProblem(
  descriptor: RegionDescriptor,
  split: Pick<SplitEntry, 'keys' | 'children'>,
): string | undefined {
  const { keys, children } = split
  if (keys.length === 0) return 'no key to split at'
  if (children.length !== keys.length) {
    return `${keys.length} keys make as many new regions, but there are ids for ${children.length}`
  }
  let previous = descriptor.from
  for (const key of keys) {
    if (!holdsKey(descriptor, key)) return 'a key to split at lies outside of the region'
    if (compareBytes(key, previous) <= 0)
      return 'keys to split at must ascend, from inside the region on'
    previous = key
  }
  const short = children.find(({ peers }) => peers.length !== descriptor.peers.length)
  return short && `region ${short.region} needs one peer for each of ${descriptor.peers.length}`
}

/** The parts in key order; the last is what the region itself becomes. */
export function splitDescriptors(
  parent: RegionDescriptor,
  { keys, children }: Pick<SplitEntry, 'keys' | 'children'>,
): { readonly children: readonly RegionDescriptor[]; readonly parent: RegionDescriptor } {
  const epoch = epochAfterSplit(parent.epoch, keys.length)
  const froms = [parent.from, ...keys]
  const parts = children.map((ids, i) => ({
    ...parent,
    ...child(parent, ids),
    epoch,
    from: must(froms[i], 'each part has a first key'),
    to: must(keys[i], 'each child has a key behind it'),
  }))
  return { children: parts, parent: { ...parent, epoch, from: must(froms.at(-1), 'keys') } }
}

/** What is left of a region's size when its children took theirs. */
export function sizeAfterSplit(size: Size, children: readonly Size[]): Size {
  let { rows, bytes } = size
  for (const child of children) {
    rows -= child.rows
    bytes -= child.bytes
  }
  return { rows: Math.max(0, rows), bytes: Math.max(0, bytes) }
}

/** The new peers stand on the stores of the parent's, in the same roles. */
function child(parent: RegionDescriptor, ids: SplitIds): Pick<RegionDescriptor, 'id' | 'peers'> {
  const peers = parent.peers.map((peer, i) => ({
    ...peer,
    peer: must(ids.peers[i], 'a peer for each of the parent'),
  }))
  return { id: ids.region, peers }
}
