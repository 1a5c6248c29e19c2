/** What locks mean for readers: which stand in the way of a query, and a page of them for whoever resolves them. */

import { keyText } from '../../mvcc/key-text.ts'
import { keyAfter, type Range } from '../descriptor.ts'
import { LOCKS_TOLD_MAX } from '../limits.ts'
import { type LockTable, toldLock } from '../lock-table.ts'
import type { LockRow } from '../rows.ts'
import type { Lock, RegionAnswer, RegionQuery, Timestamp } from '../types.ts'

type DataQuery = Exclude<RegionQuery, { op: 'locks' }>
type LocksQuery = Extract<RegionQuery, { op: 'locks' }>

/**
 * The locks of transactions that may have committed at or below what the query sees; undefined: none. The newest
 * sees everything. Asked once, when all that the read waited for is applied: who locks later commits later.
 */
export function locksInTheWay(
  locks: LockTable,
  query: DataQuery,
  range: Range,
): RegionAnswer | undefined {
  if (locks.size === 0) return undefined
  const found: Lock[] = []
  const blocks = blocker(query)
  const take = (lock: LockRow): boolean => {
    if (blocks(lock)) found.push(toldLock(lock))
    return found.length < LOCKS_TOLD_MAX
  }
  if (query.op === 'get') {
    for (const key of query.keys) {
      const lock = locks.get(keyText(key))
      if (lock !== undefined && !take(lock)) break
    }
  } else {
    const { from, to } = query
    locks.walk({ from, to: to.length === 0 ? range.to : to }, take)
  }
  return found.length === 0 ? undefined : { op: 'locked', locks: found }
}

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

function blocker({ at, passing }: DataQuery): (lock: LockRow) => boolean {
  if (at === undefined) return () => true
  const pushed = new Set<Timestamp>(passing)
  return ({ start }) => start <= at && !pushed.has(start)
}
