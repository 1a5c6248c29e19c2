/**
 * Stores: who they are, whether they live, what they may be given. A name whose data directory is another
 * one than before is a new store: what the old one held is lost.
 */

import type { NodeName } from '../../base/ids.ts'
import type { RegionPeer } from '../region/types.ts'
import type { Picture } from './picture.ts'
import type { StoreRecord } from './records.ts'
import type { StoreContact, StoreLabel, StoreLoad } from './types.ts'

export interface StoreLimits {
  /** Without a beat for so long it gets nothing new. */
  readonly silentMs: number
  /** And for so long, what it holds is replaced elsewhere. */
  readonly deadMs: number
}

export interface Beat {
  readonly name: NodeName
  readonly incarnation: string
  readonly labels: readonly StoreLabel[]
  readonly load: StoreLoad
}

/** Why a beat does not count; undefined: it does. */
export type BeatRefusal = 'former-incarnation' | 'gone'

/** Formers that are remembered; an older one would have to have been away for that many lost disks. */
const FORMER = 8

export function takeBeat(picture: Picture, beat: Beat, nowMs: number): BeatRefusal | undefined {
  const { name, incarnation, labels, load } = beat
  const known = picture.stores.get(name)
  if (known?.former.includes(incarnation)) return 'former-incarnation'
  const renewed = known?.incarnation !== incarnation
  if (known?.state === 'gone' && !renewed) return 'gone'
  if (renewed || !sameLabels(known.labels, labels)) {
    const before = known === undefined ? [] : [...known.former, known.incarnation].slice(-FORMER)
    const former = renewed ? before : (known?.former ?? [])
    const state = known?.state === 'draining' ? 'draining' : 'up'
    const now: StoreRecord = { name, incarnation, former, state, labels }
    picture.put({ of: 'store', id: name, now })
  }
  picture.hear(name, { atMs: nowMs, load })
  return undefined
}

/** A driver that has just come to lead gives everybody time to be heard: `sinceMs` is when it began. */
export function contactOf(
  picture: Picture,
  name: NodeName,
  limits: StoreLimits,
  sinceMs: number,
  nowMs: number,
): StoreContact {
  const away = nowMs - (picture.heard(name)?.atMs ?? sinceMs)
  if (away >= limits.deadMs) return 'dead'
  return away >= limits.silentMs ? 'silent' : 'live'
}

/** The store that a peer lives on; undefined: its data directory is gone. */
export function storeOf(picture: Picture, peer: RegionPeer): StoreRecord | undefined {
  const store = picture.stores.get(peer.store)
  return store?.incarnation === peer.incarnation ? store : undefined
}

const sameLabels = (a: readonly StoreLabel[], b: readonly StoreLabel[]): boolean =>
  a.length === b.length &&
  a.every(({ name, value }, i) => name === b[i]?.name && value === b[i]?.value)
