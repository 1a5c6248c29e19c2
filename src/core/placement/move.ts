/** Moves from their beginning to their end: what is written down of them, and when one is given up. */

import { type PeerId, peerId } from '../../base/ids.ts'
import type { Decision } from './decide.ts'
import type { Ids } from './ids.ts'
import type { MoveRecord, StoreRecord } from './records.ts'
import type { RegionSeen } from './regions.ts'
import type { View } from './view.ts'

export interface MoveWish {
  readonly to: StoreRecord | undefined
  readonly remove: PeerId | undefined
  readonly reason: string
}

/** Whoever leads next can go on from this. The new replica's id is its own for ever. */
export function beginMove(
  { descriptor }: RegionSeen,
  rule: Decision['rule'],
  { to, remove, reason }: MoveWish,
  view: View,
  ids: Ids,
  wallMs: number,
): MoveRecord {
  const region = descriptor.id
  const add = to && {
    peer: peerId(ids.take(1)),
    store: to.name,
    incarnation: to.incarnation,
  }
  const move: MoveRecord = { region, rule, reason, add, remove, sinceMs: wallMs }
  view.picture.put({ of: 'move', id: region, now: move })
  view.planned(move)
  return move
}

/**
 * Why nothing more comes of a move; undefined: it goes on. What it leaves behind, a learner, is cleared
 * away by the rule for those. One whose new replica votes already is always brought to its end.
 */
export function hopeless(
  { add, sinceMs }: MoveRecord,
  seen: RegionSeen | undefined,
  view: View,
  wallMs: number,
): string | undefined {
  if (seen === undefined) return 'the region is gone'
  if (add === undefined) return undefined
  const added = seen.descriptor.peers.find(({ peer }) => peer === add.peer)
  if (added?.role === 'voter') return undefined
  const store = view.picture.stores.get(add.store)
  if (store?.incarnation !== add.incarnation) return `store ${add.store} lost its disk`
  if (store.state !== 'up') return `store ${add.store} is ${store.state}`
  if (view.contact(add.store) === 'dead') return `store ${add.store} is dead`
  if (wallMs - sinceMs > view.limits.moveMs) return `the learner on ${add.store} did not catch up`
  return undefined
}
