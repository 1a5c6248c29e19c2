/**
 * The writes of a shard that are not on disk yet – queued, lazy, in flight – as reads must see them:
 * the latest write of each key. A key leaves when the batch with its latest write has landed.
 */

import type { Bytes } from '../base/bytes.ts'
import type { KeyRange, Page, PageLimit, Row, StoreOp } from '../storage/store.ts'
import type { WriteGroup } from './batch.ts'

export interface Pending {
  readonly name: string
  readonly op: StoreOp
  readonly group: WriteGroup
  /** Which of the group's ops it is. */
  readonly at: number
  /** The write before it, if that was still queued: an urgent write takes out all lazy ones below it. */
  readonly below: Pending | undefined
}

/** A key as text whose order is the key's byte order. */
export const keyName = (key: Bytes): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')

export class Overlay {
  readonly #latest = new Map<string, Pending>()

  get size(): number {
    return this.#latest.size
  }

  get(name: string): Pending | undefined {
    return this.#latest.get(name)
  }

  add(name: string, op: StoreOp, group: WriteGroup): void {
    const before = this.#latest.get(name)
    // Not further: or a key written again and again would hold all that it ever was.
    const below = before?.group.queued === true ? before : undefined
    this.#latest.set(name, { name, op, group, at: group.ops.length, below })
  }

  /** The group has landed: whatever it wrote last is now read from disk. */
  drop(group: WriteGroup): void {
    for (let at = 0; at < group.names.length; at++) {
      const name = group.names[at] as string
      const latest = this.#latest.get(name)
      if (latest !== undefined && latest.group === group && latest.at === at) {
        this.#latest.delete(name)
      }
    }
  }

  /** What is pending in a range now, in the range's order. */
  within(range: KeyRange): readonly Pending[] {
    const from = keyName(range.from)
    const to = keyName(range.to)
    const found: Pending[] = []
    for (const pending of this.#latest.values()) {
      if (pending.name >= from && pending.name < to) found.push(pending)
    }
    const sign = range.reverse ? -1 : 1
    return found.sort((a, b) => (a.name < b.name ? -sign : a.name > b.name ? sign : 0))
  }
}

/**
 * One page as it would be with the pending writes on disk. Those behind the end of a page that goes on
 * belong to a later one. May give no row and `more`: the caller reads on behind the disk's last row.
 */
export function mergePage(
  page: Page,
  pending: readonly Pending[],
  range: KeyRange,
  limit: PageLimit,
): Page {
  const last = page.rows.at(-1)
  const end = page.more && last !== undefined ? keyName(last[0]) : undefined
  const before = (a: string, b: string): boolean => (range.reverse ? a > b : a < b)
  const merged: Row[] = []
  let next = 0
  const takePending = (): void => {
    const { op } = pending[next++] as Pending
    if (op.type === 'put') merged.push([op.key, op.value])
  }
  for (const row of page.rows) {
    const name = keyName(row[0])
    while (next < pending.length && before((pending[next] as Pending).name, name)) takePending()
    if (pending[next]?.name === name) takePending()
    else merged.push(row)
  }
  // Behind the last row: only where the disk has nothing more to say.
  while (end === undefined && next < pending.length) takePending()
  return cut(merged, page.more, limit)
}

function cut(rows: readonly Row[], more: boolean, limit: PageLimit): Page {
  let bytes = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Row
    bytes += row[0].length + row[1].length
    if (i === limit.rows || (i > 0 && bytes > limit.bytes)) {
      return { rows: rows.slice(0, i), more: true }
    }
  }
  return { rows, more }
}
