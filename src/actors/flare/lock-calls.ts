/**
 * Locks of transactions that stand in somebody's way. The fate of each transaction is asked at its primary
 * lock, by a fresh timestamp; what is committed or dead is resolved here, whoever's it was. One that lives
 * is passed by readers, whom it must then commit above, and waited for by writers.
 */

import type { Lock, NamespaceId, RegionCommand, Timestamp } from '../../core/region/types.ts'
import type { RegionWrite, RegionWriteDone } from '../../wire/messages/region.ts'
import type { Attempt } from './attempt.ts'
import type { CommandCalls } from './command-calls.ts'
import type { Directory, Part } from './directory.ts'
import { type Done, good, type Outcome, type Problem } from './outcome.ts'
import type { RegionCalls } from './region-calls.ts'
import type { StampCalls } from './stamps.ts'

/** What became of the transactions in the way. */
export interface Cleared {
  /** Starts of those that live and commit above the reader. */
  readonly passing: readonly Timestamp[]
  /** One that lives must be waited for. */
  readonly wait: boolean
}

/** One transaction's locks on what is wanted. */
interface Holder {
  readonly locks: readonly Lock[]
  readonly start: Timestamp
}

interface Way {
  readonly namespace: NamespaceId
  /** At which timestamp somebody reads; undefined: somebody wants to write. */
  readonly reader: Timestamp | undefined
  readonly attempt: Attempt
}

export class LockCalls {
  readonly #directory: Directory
  readonly #regions: RegionCalls
  readonly #commands: CommandCalls
  readonly #stamps: StampCalls

  constructor(
    directory: Directory,
    regions: RegionCalls,
    commands: CommandCalls,
    stamps: StampCalls,
  ) {
    this.#directory = directory
    this.#regions = regions
    this.#commands = commands
    this.#stamps = stamps
  }

  clear(locks: readonly Lock[], way: Way, done: Done<Cleared>): void {
    this.#stamps.one(way.attempt, (now) => {
      if (!now.ok) {
        done(now)
        return
      }
      const holders = holdersOf(locks)
      const passing: Timestamp[] = []
      let wait = false
      let problem: Problem | undefined
      let open = holders.length
      for (const holder of holders) {
        this.#fate(holder, now.value, way, (fate) => {
          if (!fate.ok) problem ??= fate.problem
          else if (fate.value === 'alive' && way.reader !== undefined) passing.push(holder.start)
          else if (fate.value === 'alive') wait = true
          if (--open > 0) return
          done(problem === undefined ? good({ passing, wait }) : { ok: false, problem })
        })
      }
    })
  }

  #fate(holder: Holder, now: Timestamp, way: Way, done: Done<'alive' | 'ended'>): void {
    const { primary, primaryNamespace, start } = holder.locks[0] as Lock
    const command: RegionCommand = { op: 'check-txn', primary, start, now, reader: way.reader }
    const options = { repeatable: true, attempt: way.attempt }
    this.#commands.run(primaryNamespace, primary, command, options, (checked) => {
      if (!checked.ok) done(checked)
      else if (checked.value.op !== 'txn-is' || checked.value.fate === 'alive') done(good('alive'))
      else this.#resolve(holder, checked.value.commit, way, done)
    })
  }

  /** With the commit timestamp, or none: rolled back. */
  #resolve(
    { locks, start }: Holder,
    commit: Timestamp | undefined,
    way: Way,
    done: Done<'ended'>,
  ): void {
    this.#directory.group(
      way.namespace,
      locks,
      ({ key }) => key,
      way.attempt,
      (grouped) => {
        if (!grouped.ok) {
          done(grouped)
          return
        }
        let open = grouped.value.length
        // What could not be resolved will be met again, and resolved then.
        const one = (outcome: Outcome<unknown>): void => {
          if (--open === 0) done(outcome.ok ? good('ended') : outcome)
        }
        for (const part of grouped.value) this.#resolvePart(part, start, commit, way.attempt, one)
      },
    )
  }

  #resolvePart(
    { region, items }: Part<Lock>,
    start: Timestamp,
    commit: Timestamp | undefined,
    attempt: Attempt,
    done: Done<RegionWriteDone | undefined>,
  ): void {
    const keys = items.map(({ key }) => key)
    const command: RegionCommand =
      commit === undefined ? { op: 'rollback', start, keys } : { op: 'commit', start, commit, keys }
    const { epoch } = region.descriptor
    const message: RegionWrite = { kind: 'region.write', epoch, command }
    this.#regions.ask(region, message, { repeatable: true, attempt }, (reply) => {
      if (reply.type === 'ends') done({ ok: false, problem: reply.problem })
      else done(good(reply.type === 'answer' ? (reply.message as RegionWriteDone) : undefined))
    })
  }
}

function holdersOf(locks: readonly Lock[]): readonly Holder[] {
  const byStart = new Map<Timestamp, Lock[]>()
  for (const lock of locks) {
    const held = byStart.get(lock.start)
    if (held === undefined) byStart.set(lock.start, [lock])
    else held.push(lock)
  }
  return [...byStart].map(([start, held]) => ({ start, locks: held }))
}
