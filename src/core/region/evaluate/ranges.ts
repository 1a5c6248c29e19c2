/**
 * Commands on ranges look first, without latches, and then write what they found: deletes of what was visible,
 * drops of what nobody can read.
 */

import type { Bytes } from '../../../base/bytes.ts'
import type { KeyText } from '../../mvcc/key-text.ts'
import type { Range } from '../descriptor.ts'
import { LOCKS_TOLD_MAX } from '../limits.ts'
import { toldLock } from '../lock-table.ts'
import type { CollectScan } from '../read/collect-scan.ts'
import { type LockRow, newVersion, type RegionWrite, type VersionRow } from '../rows.ts'
import { NEVER } from '../timestamps.ts'
import type { Lock, Timestamp } from '../types.ts'
import { answer, type Scene, STAMP, type Verdict } from './verdict.ts'

/** What a look at a range found to be deleted. */
export interface Doomed {
  readonly keys: readonly Bytes[]
  readonly next: Bytes | undefined
}

/** Under the latches of the keys found. What came between is deleted too: it came before. */
export function evaluateDeleteRange(
  range: Range,
  { keys, next }: Doomed,
  texts: readonly KeyText[],
  scene: Scene,
): Verdict {
  const looked = { from: range.from, to: next ?? range.to }
  const locks = locksIn(looked, scene, () => true)
  if (locks.length > 0) return answer({ op: 'locked', locks })
  if (keys.length === 0) return answer({ op: 'deleted', keys: 0, next })
  const commit = scene.commitAt(texts, NEVER)
  if (commit === undefined) return STAMP
  const writes = keys.map((key): RegionWrite => tombstone(key, commit))
  return { type: 'propose', writes, result: { op: 'deleted', keys: keys.length, next }, commit }
}

/** Transactions that started below the safe point must be resolved first: their fate lies in what would go. */
export function collectObstacle(
  range: Range,
  safePoint: Timestamp,
  scene: Pick<Scene, 'locks'>,
): Verdict | undefined {
  const locks = locksIn(range, scene, ({ start }) => start <= safePoint)
  return locks.length === 0 ? undefined : answer({ op: 'locked', locks })
}

/** `raise`: the region does not know this safe point yet. */
export function evaluateCollect(scan: CollectScan, safePoint: Timestamp, raise: boolean): Verdict {
  const { drops, shrunk, freed, next } = scan
  const result = { op: 'collected', rows: freed.rows, next } as const
  if (freed.rows === 0 && !raise) return answer(result)
  const writes = drops.map(({ key, commit }): RegionWrite => ({ row: 'drop', key, commit }))
  for (const row of shrunk) writes.push({ row: 'version', version: fateOnly(row) })
  return { type: 'propose', writes, result, freed, safePoint }
}

function locksIn(
  range: Range,
  { locks }: Pick<Scene, 'locks'>,
  stands: (lock: LockRow) => boolean,
): Lock[] {
  const found: Lock[] = []
  locks.walk(range, (lock) => {
    if (stands(lock)) found.push(toldLock(lock))
    return found.length < LOCKS_TOLD_MAX
  })
  return found
}

const tombstone = (key: Bytes, commit: Timestamp): RegionWrite => ({
  row: 'version',
  version: newVersion({ key, commit, kind: 'delete' }),
})

/** Nobody reads it any more, but it still says that its transaction is committed. */
const fateOnly = ({ key, commit, start }: VersionRow): VersionRow =>
  newVersion({ key, commit, start, kind: 'lock', decisive: true })
