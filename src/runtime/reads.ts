/**
 * Reads of a shard through the overlay. Off-thread reads note what is pending when they are asked for
 * and lay it over what the disk says later: so they see at least all that was written before, and
 * neither wait for a batch nor force one.
 */

import type { Bytes } from '../base/bytes.ts'
import type { Done, KeyRange, Page, PageLimit, Store } from '../storage/store.ts'
import { keyName } from './key-name.ts'
import { mergePage, type Overlay, type Pending } from './overlay.ts'

export function readThrough(overlay: Overlay, store: Store, key: Bytes): Bytes | undefined {
  const pending = overlay.size === 0 ? undefined : overlay.get(keyName(key))
  return pending === undefined ? store.get(key) : valueIn(pending)
}

export function fetchThrough(
  overlay: Overlay,
  store: Store,
  keys: readonly Bytes[],
  done: Done<readonly (Bytes | undefined)[]>,
): void {
  const pending = keys.map((key) => overlay.get(keyName(key)))
  const missing = keys.filter((_, i) => pending[i] === undefined)
  store.getMany(missing, (error, found = []) => {
    if (error !== undefined) return done(error)
    let next = 0
    done(
      undefined,
      pending.map((it) => (it === undefined ? found[next++] : valueIn(it))),
    )
  })
}

export function scanThrough(
  overlay: Overlay,
  store: Store,
  range: KeyRange,
  limit: PageLimit,
  done: Done<Page>,
): void {
  scanOver(overlay.within(range), store, range, limit, done)
}

/** Reads on while all rows of a page turn out to be deleted, since an empty page names no place to go on. */
function scanOver(
  pending: readonly Pending[],
  store: Store,
  range: KeyRange,
  limit: PageLimit,
  done: Done<Page>,
): void {
  store.scan(range, limit, (error, page = { rows: [], more: false }) => {
    if (error !== undefined) return done(error)
    const merged = mergePage(page, pending, range, limit)
    const last = page.rows.at(-1)
    if (merged.rows.length > 0 || !merged.more || last === undefined) return done(undefined, merged)
    const rest = behind(range, last[0])
    scanOver(pendingIn(pending, rest), store, rest, limit, done)
  })
}

function behind(range: KeyRange, key: Bytes): KeyRange {
  if (range.reverse) return { ...range, to: key }
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return { ...range, from: next }
}

function pendingIn(pending: readonly Pending[], range: KeyRange): readonly Pending[] {
  const from = keyName(range.from)
  const to = keyName(range.to)
  return pending.filter((it) => it.name >= from && it.name < to)
}

const valueIn = (pending: Pending): Bytes | undefined =>
  pending.op.type === 'put' ? pending.op.value : undefined
