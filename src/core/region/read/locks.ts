/** What locks mean for readers: which stand in the way of a query, and a page of them for whoever resolves them. */

import { type Bytes, compareBytes } from '../../../base/bytes.ts'
import { keyText } from '../../mvcc/key-text.ts'
import { keyAfter, type Range } from '../descriptor.ts'
import { LOCKS_TOLD_MAX } from '../limits.ts'
import { type LockTable, toldLock } from '../lock-table.ts'
import type { LockRow } from '../rows.ts'
import type { Lock, RegionAnswer, RegionQuery, Timestamp } from '../types.ts'

type LocksQuery = Extract<RegionQuery, { op: 'locks' }>
export type DataQuery = Exclude<RegionQuery, { op: 'locks' }>
export type RangeQuery = Exclude<DataQuery, { op: 'get' }>

/** As much of a range as can be read now. */
export interface Way {
  /** Undefined: not even its first key. */
  readonly clear: Range | undefined
  /** Where it is blocked, for the caller's next page; undefined: nowhere. */
  readonly next: Bytes | undefined
  /** What blocks it there, and behind. */
  readonly locks: readonly Lock[]
}

/**
 * Locks of transactions that may have committed at or below what a query sees block it; the newest is blocked by
 * all. Asked once, when all that the read waited for is applied: who locks later commits later.
 */
export function locksOnKeys(locks: LockTable, query: Extract<DataQuery, { op: 'get' }>): Lock[] {
  if (locks.size === 0) return []
  const blocks = blocker(query)
  const found: Lock[] = []
  for (const key of query.keys) {
    const lock = locks.get(keyText(key))
    if (lock !== undefined && blocks(lock)) found.push(toldLock(lock))
    if (found.length >= LOCKS_TOLD_MAX) break
  }
  return found
}

/** A page ends before the first lock in its way, so that locks far ahead hold nobody up. */
export function wayThrough(locks: LockTable, query: RangeQuery, range: Range): Way {
  const found: Lock[] = []
  if (locks.size > 0) {
    const blocks = blocker(query)
    const reverse = isReverse(query)
    locks.walk(range, (lock) => {
      if (blocks(lock)) found.push(toldLock(lock))
      if (reverse && found.length > LOCKS_TOLD_MAX) found.shift()
      return reverse || found.length < LOCKS_TOLD_MAX
    })
  }
  const nearest = isReverse(query) ? found.at(-1) : found[0]
  if (nearest === undefined) return { clear: range, next: undefined, locks: [] }
  const next = isReverse(query) ? keyAfter(nearest.key) : nearest.key
  const rest = isReverse(query) ? { from: next, to: range.to } : { from: range.from, to: next }
  return { clear: isEmpty(rest) ? undefined : rest, next, locks: found }
}

export const isReverse = (query: RangeQuery): boolean => query.op === 'scan' && query.reverse

const isEmpty = ({ from, to }: Range): boolean => to.length > 0 && compareBytes(from, to) >= 0

/** Locks of transactions that started at or before a timestamp, in key order. */
export function lockPage(locks: LockTable, query: LocksQuery, range: Range): RegionAnswer {
  const limit = Math.min(Math.max(1, query.limit), LOCKS_TOLD_MAX)
  const found: Lock[] = []
  const to = query.to.length === 0 ? range.to : query.to
  const whole = locks.walk({ from: query.from, to }, (lock) => {
    if (lock.start <= query.before) found.push(toldLock(lock))
    return found.length < limit
  })
  const last = found.at(-1)
  return { op: 'locks', locks: found, next: whole || !last ? undefined : keyAfter(last.key) }
}

function blocker({ at, passing }: Pick<DataQuery, 'at' | 'passing'>): (lock: LockRow) => boolean {
  if (at === undefined) return () => true
  const pushed = new Set<Timestamp>(passing)
  return ({ start }) => start <= at && !pushed.has(start)
}
