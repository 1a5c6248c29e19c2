/**
 * The writes of a shard that are not on disk yet – queued, lazy, in flight – as reads must see them: the
 * latest write of each key. Nothing is looked at before somebody reads: most writes land unread.
 */

import type { KeyRange, Page, PageLimit, Row, StoreOp } from '../storage/store.ts'
import { namesOf, type Write } from './batch.ts'
import { keyName } from './key-name.ts'

export interface Pending {
  readonly name: string
  readonly op: StoreOp
  readonly write: Write
}

export class Overlay {
  readonly #latest = new Map<string, Pending>()
  /** Writes that nobody has asked about yet, in their order. */
  readonly #fresh = new Set<Write>()

  get size(): number {
    return this.#latest.size + this.#fresh.size
  }

  get(name: string): Pending | undefined {
    this.#index()
    return this.#latest.get(name)
  }

  add(write: Write): void {
    this.#fresh.add(write)
  }

  /** It has landed: what it wrote last is now read from disk. */
  drop(write: Write): void {
    if (this.#fresh.delete(write)) return
    for (const name of namesOf(write)) {
      if (this.#latest.get(name)?.write === write) this.#latest.delete(name)
    }
  }

  /** What is pending in a range now, in the range's order. */
  within(range: KeyRange): readonly Pending[] {
    this.#index()
    const from = keyName(range.from)
    const to = keyName(range.to)
    const found: Pending[] = []
    for (const pending of this.#latest.values()) {
      if (pending.name >= from && pending.name < to) found.push(pending)
    }
    const sign = range.reverse ? -1 : 1
    return found.sort((a, b) => (a.name < b.name ? -sign : a.name > b.name ? sign : 0))
  }

  #index(): void {
    for (const write of this.#fresh) {
      const names = namesOf(write)
      for (let i = 0; i < names.length; i++) {
        const name = names[i] as string
        this.#latest.set(name, { name, op: write.ops[i] as StoreOp, write })
      }
    }
    this.#fresh.clear()
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
