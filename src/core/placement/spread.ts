/** Failure domains: how much two stores share, and which stores go well together. */

import type { StoreRecord } from './records.ts'
import type { View } from './view.ts'

/** Labels that both have with the same value. */
export const shared = (a: StoreRecord, b: StoreRecord): number =>
  a.labels.filter(({ name, value }) =>
    b.labels.some((it) => it.name === name && it.value === value),
  ).length

/** What a store would share with all of these. */
export const crowding = (store: StoreRecord, others: readonly StoreRecord[]): number =>
  others.reduce((sum, other) => sum + shared(store, other), 0)

/** The taker that shares least with `others`, and of those the one that holds least. */
export function bestTaker(
  view: View,
  takers: readonly StoreRecord[],
  others: readonly StoreRecord[],
): StoreRecord | undefined {
  let best: StoreRecord | undefined
  for (const store of takers)
    if (best === undefined || goesBefore(view, store, best, others)) best = store
  return best
}

/** As many as asked for, as far as there are takers, each chosen beside those before it. */
export function pickStores(view: View, count: number): readonly StoreRecord[] {
  const picked: StoreRecord[] = []
  const takers = view.takers(undefined)
  while (picked.length < count) {
    const next = bestTaker(
      view,
      takers.filter((store) => !picked.includes(store)),
      picked,
    )
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
  const [one, two] = [view.weight(a.name), view.weight(b.name)]
  const byLoad = one.peers - two.peers || one.bytes - two.bytes
  return byLoad === 0 ? a.name < b.name : byLoad < 0
}
