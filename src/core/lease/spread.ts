/**
 * After a change of leader many leases may be due at once. Beyond a thousand they are spread, always
 * later and never earlier, so that no second sees more than 750 of them.
 */

const SPREAD_FROM = 1000
const PER_SECOND = 750

/** `deadlines` ascending, in milliseconds; the result too, in the same order. */
export function spreadDeadlines(deadlines: readonly number[]): readonly number[] {
  if (deadlines.length < SPREAD_FROM) return deadlines
  const spread: number[] = []
  for (const [i, deadline] of deadlines.entries()) {
    const earliest = (spread[i - PER_SECOND] ?? Number.NEGATIVE_INFINITY) + 1000
    spread.push(Math.max(deadline, earliest))
  }
  return spread
}
