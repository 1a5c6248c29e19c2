/** Stores and regions as tables show them. */

import type { NodeName } from '../../base/ids.ts'
import type { Picture } from '../../core/placement/picture.ts'
import type { RegionSeen } from '../../core/placement/regions.ts'
import type { RegionView, StoreLoad, StoreView } from '../../core/placement/types.ts'
import type { View } from '../../core/placement/view.ts'

/** Of a store that has not been heard of: what descriptors say. */
function loadOf(view: View, name: NodeName): StoreLoad {
  const { peers, leaders, bytes } = view.weight(name)
  return { peers, leaders, bytes, freeBytes: 0, writes: 0, reads: 0 }
}

export function viewRegion(picture: Picture, seen: RegionSeen, nowMs: number): RegionView {
  const { heardMs, ...known } = seen
  const move = picture.moves.get(seen.descriptor.id)
  return {
    ...known,
    heardMs: heardMs === undefined ? undefined : Math.max(0, nowMs - heardMs),
    doing: move && `${move.rule}: ${move.reason}`,
  }
}

/** In the order of their names. */
export function viewStores(view: View, nowMs: number): readonly StoreView[] {
  const { picture } = view
  return [...picture.stores.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, incarnation, state, labels }) => {
      const heard = picture.heard(name)
      return {
        name,
        incarnation,
        state,
        labels,
        contact: view.contact(name),
        heardMs: heard === undefined ? undefined : Math.max(0, nowMs - heard.atMs),
        load: heard?.load ?? loadOf(view, name),
      }
    })
}
