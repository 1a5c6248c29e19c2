/** The second phase: locks become versions, or go and leave word that the transaction never commits. */

import { type Bytes, equalBytes } from '../../../base/bytes.ts'
import type { KeyText } from '../../mvcc/key-text.ts'
import { WRITE_BYTES_MAX } from '../limits.ts'
import { lockBytes } from '../lock-table.ts'
import { type LockRow, newVersion, type RegionWrite, type VersionRow } from '../rows.ts'
import type { RegionCommand, RegionResult, Timestamp } from '../types.ts'
import { isOwn, marksRollback } from './prewrite.ts'
import { answer, type Scene, type Verdict, WAIT } from './verdict.ts'

type Commit = Extract<RegionCommand, { op: 'commit' }>
type Rollback = Extract<RegionCommand, { op: 'rollback' }>

/** From the key at `from` of its list on; all before were done by entries before. */
export function evaluateCommit(
  { start, commit, keys }: Commit,
  texts: readonly KeyText[],
  scene: Scene,
  from: number,
): Verdict {
  const result: RegionResult = { op: 'committed' }
  const writes: RegionWrite[] = []
  let obstacle: RegionResult | undefined
  let bytes = 0
  let at = from
  for (; at < keys.length && bytes < WRITE_BYTES_MAX; at++) {
    const key = keys[at] as Bytes
    const lock = ownLock(texts[at] as KeyText, start, scene)
    if (lock !== undefined) {
      obstacle ??= commitProblem(lock, commit)
      writes.push(committedRow(lock, commit), { row: 'unlock', key })
      bytes += lockBytes(lock)
    } else {
      obstacle ??= missingLock(key, texts[at] as KeyText, start, scene)
    }
  }
  if (scene.knowledge.lacks) return WAIT
  if (obstacle !== undefined) return answer(obstacle)
  if (at < keys.length) return { type: 'propose', writes, result, goOnAt: at }
  return writes.length === 0 ? answer(result) : { type: 'propose', writes, result }
}

export function evaluateRollback(
  { start, keys }: Rollback,
  texts: readonly KeyText[],
  scene: Scene,
): Verdict {
  const writes: RegionWrite[] = []
  let obstacle: RegionResult | undefined
  for (const [at, key] of keys.entries()) {
    const undone = rollbackOf(key, texts[at] as KeyText, start, scene)
    if ('commit' in undone) obstacle ??= committedAlready(key, undone.commit)
    else writes.push(...undone.writes)
  }
  if (scene.knowledge.lacks) return WAIT
  if (obstacle !== undefined) return answer(obstacle)
  const result: RegionResult = { op: 'rolled-back' }
  return writes.length === 0 ? answer(result) : { type: 'propose', writes, result }
}

export function ownLock(text: KeyText, start: Timestamp, { locks }: Scene): LockRow | undefined {
  const lock = locks.get(text)
  return lock?.start === start ? lock : undefined
}

/** What the versions of a key say of a transaction that has no lock there; undefined: nothing, or not known yet. */
export function fateIn(
  key: Bytes,
  text: KeyText,
  start: Timestamp,
  scene: Scene,
): { readonly commit: Timestamp } | 'rolled-back' | undefined {
  const rows = scene.knowledge.since(key, text, start)
  if (rows === undefined) return undefined
  const own = rows.find((row) => isOwn(row, start))
  if (own !== undefined) return { commit: own.commit }
  return rows.some((row) => marksRollback(row, start)) ? 'rolled-back' : undefined
}

/**
 * What it takes that a transaction never commits on a key: its lock goes, and a record stays, which refuses its
 * first phase if that comes late. Below the safe point that is refused anyway.
 */
export function rollbackOf(
  key: Bytes,
  text: KeyText,
  start: Timestamp,
  scene: Scene,
): { readonly writes: readonly RegionWrite[] } | { readonly commit: Timestamp } {
  const locked = ownLock(text, start, scene) !== undefined
  const rows = scene.knowledge.since(key, text, start)
  if (rows === undefined) return { writes: [] }
  const fate = locked ? undefined : fateIn(key, text, start, scene)
  if (fate !== undefined) return fate === 'rolled-back' ? { writes: [] } : fate
  const writes: RegionWrite[] = locked ? [{ row: 'unlock', key }] : []
  if (start > scene.safePoint) writes.push(rollbackRow(key, start, rows))
  return { writes }
}

/** Where another version bears the same timestamp, it says so beside what it says. */
function rollbackRow(key: Bytes, start: Timestamp, rows: readonly VersionRow[]): RegionWrite {
  const same = rows.find(({ commit }) => commit === start)
  const version: VersionRow =
    same === undefined
      ? newVersion({ key, commit: start, kind: 'rollback' })
      : { ...same, overlapped: true }
  return { row: 'version', version }
}

function committedRow(lock: LockRow, commit: Timestamp): RegionWrite {
  const { key, start, action: kind, value } = lock
  const decisive = equalBytes(key, lock.primary)
  return { row: 'version', version: newVersion({ key, commit, start, kind, value, decisive }) }
}

function commitProblem({ key, minCommit }: LockRow, commit: Timestamp): RegionResult | undefined {
  if (commit >= minCommit) return undefined
  return { op: 'conflict', key, reason: 'commit-too-low', version: minCommit }
}

/** A lock that is not there: it was committed, which is well, or it was rolled back. */
function missingLock(
  key: Bytes,
  text: KeyText,
  start: Timestamp,
  scene: Scene,
): RegionResult | undefined {
  const fate = fateIn(key, text, start, scene)
  if (fate !== undefined && fate !== 'rolled-back') return undefined
  return { op: 'conflict', key, reason: 'rolled-back', version: start }
}

const committedAlready = (key: Bytes, commit: Timestamp): RegionResult => ({
  op: 'conflict',
  key,
  reason: 'committed',
  version: commit,
})
