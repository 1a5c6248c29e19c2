/** What has become of a transaction, asked of its primary key: whoever asks also ends one that is dead. */

import { equalBytes } from '../../../base/bytes.ts'
import type { KeyText } from '../../mvcc/key-text.ts'
import { LOCK_TTL_MS_MAX } from '../limits.ts'
import type { LockRow, RegionWrite } from '../rows.ts'
import { after, physicalMs } from '../timestamps.ts'
import type { RegionCommand, RegionResult, Timestamp } from '../types.ts'
import { fateIn, ownLock, rollbackOf } from './finish.ts'
import { answer, type Scene, type Verdict, WAIT } from './verdict.ts'

type CheckTxn = Extract<RegionCommand, { op: 'check-txn' }>
type TxnAlive = Extract<RegionCommand, { op: 'txn-alive' }>

const ROLLED_BACK: RegionResult = { op: 'txn-is', fate: 'rolled-back', commit: undefined, ttlMs: 0 }

export function evaluateCheckTxn(command: CheckTxn, text: KeyText, scene: Scene): Verdict {
  const { primary, start, now, reader } = command
  const lock = ownLock(text, start, scene)
  if (lock !== undefined && !(isDead(lock, now) && isPrimary(lock))) return push(lock, reader)
  if (lock === undefined) {
    const known = knownFate(command, text, scene)
    if (known !== undefined) return known
  }
  const undone = rollbackOf(primary, text, start, scene)
  if (scene.knowledge.lacks) return WAIT
  const writes = 'writes' in undone ? undone.writes : []
  if (writes.length === 0) return answer(ROLLED_BACK)
  return { type: 'propose', writes, result: ROLLED_BACK }
}

export function evaluateTxnAlive(command: TxnAlive, text: KeyText, scene: Scene): Verdict {
  const lock = ownLock(text, command.start, scene)
  if (lock === undefined) return knownFate(command, text, scene) ?? answer(ROLLED_BACK)
  const ttlMs = Math.min(command.ttlMs, LOCK_TTL_MS_MAX)
  return ttlMs <= lock.ttlMs ? answer(alive(lock)) : rewrite({ ...lock, ttlMs })
}

function knownFate(
  { primary, start }: Pick<CheckTxn, 'primary' | 'start'>,
  text: KeyText,
  scene: Scene,
): Verdict | undefined {
  const fate = fateIn(primary, text, start, scene)
  if (scene.knowledge.lacks) return WAIT
  if (fate === undefined) return undefined
  if (fate === 'rolled-back') return answer(ROLLED_BACK)
  return answer({ op: 'txn-is', fate: 'committed', commit: fate.commit, ttlMs: 0 })
}

/** A reader goes by: the living transaction must commit above it. */
function push(lock: LockRow, reader: Timestamp | undefined): Verdict {
  if (reader === undefined || lock.minCommit > reader) return answer(alive(lock))
  return rewrite({ ...lock, minCommit: after(reader) })
}

function rewrite(lock: LockRow): Verdict {
  const writes: RegionWrite[] = [{ row: 'lock', lock }]
  return { type: 'propose', writes, result: alive(lock) }
}

const alive = ({ ttlMs }: LockRow): RegionResult => ({
  op: 'txn-is',
  fate: 'alive',
  commit: undefined,
  ttlMs,
})

/** By the clock of the oracle alone. */
const isDead = ({ start, ttlMs }: LockRow, now: Timestamp): boolean =>
  physicalMs(now) > physicalMs(start) + ttlMs

/** A secondary says nothing about its transaction: only who holds the primary may end it. */
const isPrimary = ({ key, primary }: LockRow): boolean => equalBytes(key, primary)
