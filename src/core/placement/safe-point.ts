/**
 * The safe point: versions superseded at or below it may be dropped. It trails the oracle's clock by the
 * time that versions are kept, stays below whatever a service holds, and never goes back.
 */

import { compose, later, NEVER, physicalMs } from '../region/timestamps.ts'
import type { Timestamp } from '../region/types.ts'
import type { HoldRecord, SafePointRecord } from './records.ts'

/** More services than that hold nothing. */
export const HOLDS_MAX = 1000

/** `now` is fresh from the oracle. Holds whose time is over fall away. */
export function advanced(record: SafePointRecord, now: Timestamp, keepMs: number): SafePointRecord {
  const nowMs = physicalMs(now)
  const holds = record.holds.filter(({ untilMs }) => untilMs > nowMs)
  let aim = nowMs > keepMs ? compose(nowMs - keepMs, 0) : NEVER
  for (const { at } of holds) if (at < aim) aim = at
  return { safePoint: later(record.safePoint, aim), holds }
}

/** Undefined: too late, or too many hold already. `untilMs` 0: it holds no more. */
export function held(record: SafePointRecord, hold: HoldRecord): SafePointRecord | undefined {
  const others = record.holds.filter(({ service }) => service !== hold.service)
  if (hold.untilMs === 0) return { ...record, holds: others }
  if (hold.at < record.safePoint || others.length >= HOLDS_MAX) return undefined
  return { ...record, holds: [...others, hold] }
}
