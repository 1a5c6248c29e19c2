/**
 * The ring of batch numbers: every batch of a shard also writes its own number into one of a few slots,
 * so that at the next start a batch that the disk dropped shows as a hole.
 *
 * Leaves to others: where the slots lie and how a record is sealed (`storage` gives both).
 */

import { type Bytes, getUint64, putUint64 } from '../base/bytes.ts'
import type { Store, StoreOp } from '../storage/store.ts'

export interface BatchRing {
  readonly slots: number
  key(shard: number, slot: number): Bytes
  seal(key: Bytes, payload: Bytes): Bytes
  /** Throws on a record that is not what was sealed. */
  open(key: Bytes, record: Bytes): Bytes
}

/** The record with which a batch signs itself. */
export function ringRecord(ring: BatchRing, shard: number, batch: number): StoreOp {
  const key = ring.key(shard, batch % ring.slots)
  const payload = new Uint8Array(8)
  putUint64(payload, 0, batch)
  return { type: 'put', key, value: ring.seal(key, payload) }
}

/** The last batch on disk, or what is wrong with the ring. Batches count from 1; 0 says that none landed. */
export type RingState =
  | { readonly ok: true; readonly last: number }
  | { readonly ok: false; readonly gap: string }

export function readRing(ring: BatchRing, store: Store, shard: number): RingState {
  const found: (number | undefined)[] = []
  for (let slot = 0; slot < ring.slots; slot++) {
    const key = ring.key(shard, slot)
    const record = store.get(key)
    try {
      found.push(record === undefined ? undefined : getUint64(ring.open(key, record), 0))
    } catch (error) {
      return { ok: false, gap: `batch ring slot ${slot}: ${(error as Error).message}` }
    }
  }
  const last = Math.max(0, ...found.map((number) => number ?? 0))
  for (let number = last; number > Math.max(0, last - ring.slots); number--) {
    if (found[number % ring.slots] !== number) {
      return { ok: false, gap: `batch ${number} is not on disk, but batch ${last} is` }
    }
  }
  return { ok: true, last }
}
