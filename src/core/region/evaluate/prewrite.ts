/**
 * The first phase of a transaction: locks all of its keys of this region, or, where that is all of the
 * transaction, commits it at once. What was done before is not done again: any phase may come twice, or late.
 */

import type { KeyText } from '../../mvcc/key-text.ts'
import { LOCK_BYTES_MAX, LOCK_TTL_MS_MAX, LOCKS_TOLD_MAX } from '../limits.ts'
import { toldLock } from '../lock-table.ts'
import { newVersion, type RegionWrite, type VersionRow } from '../rows.ts'
import { after, NEVER, physicalMs } from '../timestamps.ts'
import type { Lock, Mutation, RegionCommand, RegionResult, Timestamp } from '../types.ts'
import { answer, type Scene, STAMP, type Verdict, WAIT } from './verdict.ts'

type Prewrite = Extract<RegionCommand, { op: 'prewrite' }>

interface Unlocked {
  readonly mutation: Mutation
  readonly text: KeyText
}

export function evaluatePrewrite(
  command: Prewrite,
  texts: readonly KeyText[],
  scene: Scene,
): Verdict {
  const { start, mutations, onePhase } = command
  const [first] = mutations
  if (first === undefined) return answer({ op: 'prewritten', committed: undefined })
  if (start <= scene.safePoint) return answer(tooLate(command, first))

  const { unlocked, foreign } = lookAtLocks(command, texts, scene)
  if (foreign.length > 0) return answer({ op: 'locked', locks: foreign })
  if (unlocked.length === 0) return answer({ op: 'prewritten', committed: undefined })
  const obstacle = firstObstacle(unlocked, start, scene)
  if (scene.knowledge.lacks) return WAIT
  if (obstacle !== undefined) return answer(obstacle)

  // Keys of its own that are locked: it was begun in two phases, and so it ends.
  const whole = onePhase && unlocked.length === mutations.length
  return whole ? commitNow(unlocked, texts, start, scene) : lockAll(unlocked, command, scene)
}

function lookAtLocks(
  { start, mutations }: Prewrite,
  texts: readonly KeyText[],
  { locks }: Scene,
): { readonly unlocked: readonly Unlocked[]; readonly foreign: readonly Lock[] } {
  const unlocked: Unlocked[] = []
  const foreign: Lock[] = []
  for (const [at, mutation] of mutations.entries()) {
    const text = texts[at] as KeyText
    const lock = locks.get(text)
    if (lock === undefined) unlocked.push({ mutation, text })
    else if (lock.start !== start && foreign.length < LOCKS_TOLD_MAX) foreign.push(toldLock(lock))
  }
  return { unlocked, foreign }
}

/** Why the transaction cannot go on, or what became of it already. */
function firstObstacle(
  unlocked: readonly Unlocked[],
  start: Timestamp,
  scene: Scene,
): RegionResult | undefined {
  let obstacle: RegionResult | undefined
  for (const { mutation, text } of unlocked) {
    const rows = scene.knowledge.since(mutation.key, text, start)
    const found = rows && (history(mutation, start, rows) ?? existing(mutation, text, start, scene))
    // That it is committed, on whatever key, outweighs what others wrote since.
    if (found?.op === 'prewritten') return found
    obstacle ??= found
  }
  return obstacle
}

/** What the versions at or above its start say of a transaction. */
function history(
  { key }: Mutation,
  start: Timestamp,
  rows: readonly VersionRow[],
): RegionResult | undefined {
  const own = rows.find((row) => isOwn(row, start))
  if (own !== undefined) return { op: 'prewritten', committed: own.commit }
  if (rows.some((row) => marksRollback(row, start))) return rolledBack({ key }, start)
  const newer = rows.find((row) => row.commit > start && row.kind !== 'rollback')
  return newer && { op: 'conflict', key, reason: 'newer-version', version: newer.commit }
}

function existing(
  { key, action }: Mutation,
  text: KeyText,
  start: Timestamp,
  { knowledge }: Scene,
): RegionResult | undefined {
  if (action !== 'insert') return undefined
  const live = knowledge.live(key, text)
  if (live === undefined || live.version === NEVER) return undefined
  if (live.expiryMs > 0 && live.expiryMs <= physicalMs(start)) return undefined
  return { op: 'conflict', key, reason: 'exists', version: live.version }
}

function commitNow(
  unlocked: readonly Unlocked[],
  texts: readonly KeyText[],
  start: Timestamp,
  scene: Scene,
): Verdict {
  const commit = scene.commitAt(texts, after(start))
  if (commit === undefined) return STAMP
  const writes = unlocked.map(({ mutation }): RegionWrite => {
    const { key, value } = mutation
    const kind = writtenAs(mutation)
    return { row: 'version', version: newVersion({ key, commit, start, kind, value }) }
  })
  return { type: 'propose', writes, result: { op: 'prewritten', committed: commit }, commit }
}

function lockAll(
  unlocked: readonly Unlocked[],
  { start, primary, primaryNamespace, ttlMs }: Prewrite,
  { locks }: Scene,
): Verdict {
  if (locks.bytes >= LOCK_BYTES_MAX) {
    return { type: 'refuse', refusal: { reason: 'busy', retryMs: LOCKS_FULL_RETRY_MS } }
  }
  const shared = {
    primary,
    primaryNamespace,
    start,
    ttlMs: Math.min(ttlMs, LOCK_TTL_MS_MAX),
    minCommit: after(start),
  }
  const writes = unlocked.map(({ mutation }): RegionWrite => {
    const { key, value } = mutation
    return { row: 'lock', lock: { ...shared, key, value, action: writtenAs(mutation) } }
  })
  return { type: 'propose', writes, result: { op: 'prewritten', committed: undefined } }
}

const LOCKS_FULL_RETRY_MS = 500

const writtenAs = ({ action }: Mutation): 'put' | 'delete' | 'lock' =>
  action === 'insert' ? 'put' : action

export const marksRollback = (row: VersionRow, start: Timestamp): boolean =>
  row.commit === start && (row.kind === 'rollback' || row.overlapped)

/** Written by the transaction that started then. A plain write may bear that very timestamp, but as its commit. */
export const isOwn = (row: VersionRow, start: Timestamp): boolean =>
  row.start === start && row.commit !== start

/** What it left may be gone. In one phase it may have been committed; otherwise that takes a word more. */
const tooLate = ({ onePhase, start }: Prewrite, first: Mutation): RegionResult =>
  onePhase ? { op: 'undetermined' } : rolledBack(first, start)

const rolledBack = ({ key }: Pick<Mutation, 'key'>, start: Timestamp): RegionResult => ({
  op: 'conflict',
  key,
  reason: 'rolled-back',
  version: start,
})
