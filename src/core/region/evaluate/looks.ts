/**
 * Commands on ranges look first, page by page and without latches, and then write what they found: deletes of what
 * was visible, drops of what nobody can read.
 */

import { type Bytes, EMPTY } from '../../../base/bytes.ts'
import type { KeyText } from '../../mvcc/key-text.ts'
import { intersect, type Range } from '../descriptor.ts'
import { LOCKS_TOLD_MAX, PAGE_ROWS_MAX } from '../limits.ts'
import { toldLock } from '../lock-table.ts'
import { CollectScan } from '../read/collect-scan.ts'
import { VisibleScan } from '../read/visible-scan.ts'
import {
  type LockRow,
  newVersion,
  type RegionWrite,
  type VersionRow,
  type VersionSpan,
} from '../rows.ts'
import { LATEST, NEVER, physicalMs } from '../timestamps.ts'
import type { Lock, RegionCommand, Timestamp } from '../types.ts'
import { answer, type Scene, STAMP, type Verdict } from './verdict.ts'

export type RangeCommand = Extract<RegionCommand, { op: 'delete-range' | 'collect' }>

export interface Look {
  readonly done: boolean
  span(): VersionSpan
  add(rows: readonly VersionRow[], more: boolean): void
  /** Keys to be latched before the verdict. */
  keys(): readonly Bytes[]
  verdict(texts: readonly KeyText[], scene: Scene): Verdict
}

/** `region`: its range; undefined: nothing of what is asked lies there. */
export function lookFor(
  command: RangeCommand,
  region: Range,
  stamp: Timestamp,
  knownSafePoint: Timestamp,
): Look | undefined {
  const asked = command.op === 'collect' ? { from: command.from, to: EMPTY } : command
  const range = intersect(asked, region)
  if (range === undefined) return undefined
  const limit = Math.min(command.limit, PAGE_ROWS_MAX)
  if (command.op === 'delete-range') return new DeleteLook(range, limit, stamp)
  const { safePoint } = command
  return new CollectLook(new CollectScan(range, safePoint, limit), safePoint, knownSafePoint)
}

/** Transactions that started below the safe point must be resolved first: their fate lies in what would go. */
export function collectObstacle(
  safePoint: Timestamp,
  scene: Pick<Scene, 'locks'>,
): Verdict | undefined {
  const everywhere = { from: EMPTY, to: EMPTY }
  const locks = locksIn(everywhere, scene, ({ start }) => start <= safePoint)
  return locks.length === 0 ? undefined : answer({ op: 'locked', locks })
}

/** What comes between look and verdict is deleted too: it came before. */
class DeleteLook implements Look {
  readonly #range: Range
  readonly #scan: VisibleScan
  #keys: readonly Bytes[] = []

  constructor(range: Range, limit: number, stamp: Timestamp) {
    this.#range = range
    const moment = { at: LATEST, nowMs: physicalMs(stamp) }
    this.#scan = new VisibleScan({ ...range, ...moment, limit, reverse: false, keysOnly: true })
  }

  get done(): boolean {
    return this.#scan.done
  }

  span(): VersionSpan {
    return this.#scan.span()
  }

  add(rows: readonly VersionRow[], more: boolean): void {
    this.#scan.add(rows, more)
    if (this.done) this.#keys = this.#scan.take().map(({ key }) => key.slice())
  }

  keys(): readonly Bytes[] {
    return this.#keys
  }

  verdict(texts: readonly KeyText[], scene: Scene): Verdict {
    const { next } = this.#scan
    const looked = { from: this.#range.from, to: next ?? this.#range.to }
    const locks = locksIn(looked, scene, () => true)
    if (locks.length > 0) return answer({ op: 'locked', locks })
    const keys = this.#keys.length
    if (keys === 0) return answer({ op: 'deleted', keys, next })
    const commit = scene.commitAt(texts, NEVER)
    if (commit === undefined) return STAMP
    const writes = this.#keys.map((key): RegionWrite => tombstone(key, commit))
    return { type: 'propose', writes, result: { op: 'deleted', keys, next }, commit }
  }
}

class CollectLook implements Look {
  readonly #scan: CollectScan
  readonly #safePoint: Timestamp
  readonly #knownSafePoint: Timestamp

  constructor(scan: CollectScan, safePoint: Timestamp, knownSafePoint: Timestamp) {
    this.#scan = scan
    this.#safePoint = safePoint
    this.#knownSafePoint = knownSafePoint
  }

  get done(): boolean {
    return this.#scan.done
  }

  span(): VersionSpan {
    return this.#scan.span()
  }

  add(rows: readonly VersionRow[], more: boolean): void {
    this.#scan.add(rows, more)
  }

  /** Nothing is written below the safe point by anybody else: no latches. */
  keys(): readonly Bytes[] {
    return []
  }

  verdict(): Verdict {
    const { drops, shrunk, freed, next } = this.#scan
    const result = { op: 'collected', rows: freed.rows, next } as const
    if (freed.rows === 0 && this.#safePoint <= this.#knownSafePoint) return answer(result)
    const writes = drops.map(({ key, commit }): RegionWrite => ({ row: 'drop', key, commit }))
    for (const row of shrunk) writes.push({ row: 'version', version: fateOnly(row) })
    return { type: 'propose', writes, result, freed, safePoint: this.#safePoint }
  }
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
