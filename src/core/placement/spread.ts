/** Failure domains: how much stores share, and which go well together. */

import type { RegionDescriptor } from '../region/types.ts'
import type { StoreRecord } from './records.ts'
import { storeOf } from './stores.ts'
import type { View } from './view.ts'

/** Labels that both have with the same value. */
const shared = (a: StoreRecord, b: StoreRecord): number =>
  a.labels.filter(({ name, value }) =>
    b.labels.some((it) => it.name === name && it.value === value),
  ).length

/** What a store would share with all of these. */
export const crowding = (store: StoreRecord, others: readonly StoreRecord[]): number =>
  others.reduce((sum, other) => sum + shared(store, other), 0)

/** The stores of a region's voters, without one of them; those that are gone do not count. */
export function storesOf(
  view: View,
  { peers }: RegionDescriptor,
  without?: number,
): readonly StoreRecord[] {
  return peers
    .filter(({ peer, role }) => role === 'voter' && peer !== without)
    .flatMap((peer) => storeOf(view.picture, peer) ?? [])
}

/** The taker that shares least with `others`, and of those the one that holds least. */
export function bestTaker(
  view: View,
  takers: readonly StoreRecord[],
  others: readonly StoreRecord[],
): StoreRecord | undefined {
  let best: StoreRecord | undefined
  for (const store of takers) {
    if (best === undefined || goesBefore(view, store, best, others)) best = store
  }
  return best
}

/** As many as asked for, as far as there are takers, each chosen beside those before it. */
export function pickStores(view: View, count: number): readonly StoreRecord[] {
  const picked: StoreRecord[] = []
  const takers = view.takers(undefined)
  while (picked.length < count) {
    const left = takers.filter((store) => !picked.includes(store))
    const next = bestTaker(view, left, picked)
    if (next === undefined) break
    picked.push(next)
  }
  return picked
}

function goesBefore(
  view: View,
  a: StoreRecord,
  b: StoreRecord,
  others: readonly StoreRecord[],
): boolean {
  const byCrowding = crowding(a, others) - crowding(b, others)
  if (byCrowding !== 0) return byCrowding < 0
  const byScore = view.weight(a.name).score - view.weight(b.name).score
  return byScore === 0 ? a.name < b.name : byScore < 0
}
