/** Plain writes: a put, a compare-and-swap, an atomic batch. A transaction of one phase at one timestamp. */

import type { Bytes } from '../../../base/bytes.ts'
import type { KeyText } from '../../mvcc/key-text.ts'
import { toldLock } from '../lock-table.ts'
import { newVersion, type RegionWrite } from '../rows.ts'
import { NEVER, physicalMs } from '../timestamps.ts'
import type { Lock, RegionCommand, Timestamp, WriteOp } from '../types.ts'
import { answer, type Scene, STAMP, type Verdict, WAIT } from './verdict.ts'

type Write = Extract<RegionCommand, { op: 'write' }>

/** `texts`: of each of the ops. */
export function evaluateWrite(
  { ops, session }: Write,
  texts: readonly KeyText[],
  scene: Scene,
): Verdict {
  if (session !== undefined) {
    const known = scene.sessions.look(session)
    if (known.known === 'answered') return answer({ op: 'written', version: known.version })
    if (known.known === 'forgotten') return answer({ op: 'undetermined' })
  }
  if (ops.length === 0) return answer({ op: 'written', version: scene.stamp })
  const locks = locksOf(texts, scene)
  if (locks.length > 0) return answer({ op: 'locked', locks })
  const unexpected = mismatch(ops, texts, scene)
  if (scene.knowledge.lacks) return WAIT
  if (unexpected !== undefined) return answer({ op: 'mismatch', versions: unexpected })
  const commit = scene.commitAt(texts, NEVER)
  if (commit === undefined) return STAMP
  return {
    type: 'propose',
    writes: ops.map((op) => writeRow(op, commit)),
    result: { op: 'written', version: commit },
    commit,
    ...(session && { session: { mark: session, version: commit } }),
  }
}

/** All of these keys that are locked, whoever locked them. */
export function locksOf(texts: readonly KeyText[], { locks }: Scene): Lock[] {
  if (locks.size === 0) return []
  const found: Lock[] = []
  for (const text of texts) {
    const lock = locks.get(text)
    if (lock !== undefined) found.push(toldLock(lock))
  }
  return found
}

/** The versions found, if they are not those expected; of an op that expects nothing, 0. */
function mismatch(
  ops: readonly WriteOp[],
  texts: readonly KeyText[],
  scene: Scene,
): readonly Timestamp[] | undefined {
  let differs = false
  let versions: Timestamp[] | undefined
  for (const [at, { key, expect }] of ops.entries()) {
    if (expect === undefined) continue
    versions ??= ops.map(() => NEVER)
    const found = versionFound(key, texts[at] as KeyText, scene)
    versions[at] = found
    differs ||= found !== expect
  }
  return differs ? versions : undefined
}

/** By the command's own timestamp, what has expired is not there. */
function versionFound(key: Bytes, text: KeyText, { knowledge, stamp }: Scene): Timestamp {
  const live = knowledge.live(key, text)
  if (live === undefined) return NEVER
  const expired = live.expiryMs > 0 && live.expiryMs <= physicalMs(stamp)
  return expired ? NEVER : live.version
}

function writeRow({ key, action, value, ttlMs }: WriteOp, commit: Timestamp): RegionWrite {
  const expiryMs = action === 'put' && ttlMs > 0 ? physicalMs(commit) + ttlMs : 0
  return { row: 'version', version: newVersion({ key, commit, kind: action, expiryMs, value }) }
}
