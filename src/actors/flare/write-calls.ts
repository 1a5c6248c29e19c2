/**
 * Writes to strong namespaces. What lies in one region is one atomic write; a batch over several is one for
 * each of them, and says of every operation what became of it. A write goes again only where it was certainly
 * not done, or where it bears a session mark, by which its region knows it again.
 */

import { type Bytes, compareBytes } from '../../base/bytes.ts'
import type {
  Lock,
  NamespaceId,
  RegionCommand,
  RegionResult,
  SessionMark,
  Timestamp,
  WriteOp,
} from '../../core/region/types.ts'
import type { RegionWrite, RegionWriteDone } from '../../wire/messages/region.ts'
import type { Attempt } from './attempt.ts'
import type { Directory, Part } from './directory.ts'
import type { LockCalls } from './lock-calls.ts'
import { type Done, good, type Problem } from './outcome.ts'
import type { ScanRange } from './read-calls.ts'
import type { RegionCalls } from './region-calls.ts'

/** What became of the operations that one region held, together. */
export type PartOutcome =
  | { readonly type: 'written'; readonly version: Timestamp }
  /** None of them was done: the versions found, in the order of `ops`; 0: no such key. */
  | { readonly type: 'mismatch'; readonly versions: readonly Timestamp[] }
  | { readonly type: 'failed'; readonly problem: Problem }

export interface BatchPart {
  /** Positions in the batch. */
  readonly ops: readonly number[]
  readonly outcome: PartOutcome
}

export interface Deleted {
  readonly keys: number
  /** Where to go on; undefined: nothing is left. */
  readonly next: Bytes | undefined
}

export interface Batch {
  readonly namespace: NamespaceId
  readonly ops: readonly WriteOp[]
  readonly session: SessionMark | undefined
}

export interface WriteParts {
  readonly directory: Directory
  readonly regions: RegionCalls
  readonly locks: LockCalls
}

interface Indexed {
  readonly op: WriteOp
  readonly index: number
  /** Was sent before, and may have been done: no later refusal makes that certain. */
  readonly lost: boolean
}

/** Keys that one command makes tombstones of. */
const DELETED_AT_ONCE = 1024
const LOCK_PAUSE_MS = 20

export class WriteCalls {
  readonly #parts: WriteParts

  constructor(parts: WriteParts) {
    this.#parts = parts
  }

  batch(batch: Batch, attempt: Attempt, done: (parts: readonly BatchPart[]) => void): void {
    const parts: BatchPart[] = []
    let open = 1
    const one = (part: BatchPart | undefined, more: number): void => {
      if (part !== undefined) parts.push(part)
      open += more - 1
      if (open === 0) done(parts.toSorted((a, b) => (a.ops[0] as number) - (b.ops[0] as number)))
    }
    const indexed = batch.ops.map((op, index) => ({ op, index, lost: false }))
    this.#spread(batch, indexed, attempt, one)
  }

  deleteRange(
    namespace: NamespaceId,
    range: ScanRange,
    limit: number,
    attempt: Attempt,
    done: Done<Deleted>,
  ): void {
    this.#deleteOn(namespace, range, { keys: 0, limit }, attempt, done)
  }

  /** Tells of each part as it ends, and of how many new parts an old one became. */
  #spread(
    batch: Batch,
    ops: readonly Indexed[],
    attempt: Attempt,
    one: (part: BatchPart | undefined, more: number) => void,
  ): void {
    const { directory } = this.#parts
    directory.group(
      batch.namespace,
      ops,
      ({ op }) => op.key,
      attempt,
      (grouped) => {
        if (!grouped.ok) {
          one(failed(ops, grouped.problem), 0)
          return
        }
        one(undefined, grouped.value.length)
        for (const part of grouped.value) this.#write(batch, part, attempt, one)
      },
    )
  }

  #write(
    batch: Batch,
    { region, items }: Part<Indexed>,
    attempt: Attempt,
    one: (part: BatchPart | undefined, more: number) => void,
  ): void {
    const { session } = batch
    const command: RegionCommand = { op: 'write', ops: items.map(({ op }) => op), session }
    const { epoch } = region.descriptor
    const message: RegionWrite = { kind: 'region.write', epoch, command }
    const options = { repeatable: session !== undefined, attempt }
    const anew = (sent: readonly Indexed[]) => () => this.#spread(batch, sent, attempt, one)
    const end = (sent: readonly Indexed[]) => (problem: Problem) => one(failed(sent, problem), 0)
    this.#parts.regions.ask(region, message, options, (reply) => {
      if (reply.type === 'ends') end(items)(reply.problem)
      else if (reply.type === 'again') {
        const sent = reply.lost ? items.map((item) => ({ ...item, lost: true })) : items
        attempt.again(reply.afterMs, reply.problem, anew(sent), end(sent))
      } else {
        const { result } = reply.message as RegionWriteDone
        const { namespace } = batch
        if (result.op === 'locked') {
          this.#clear(namespace, result.locks, attempt, anew(items), end(items))
        } else one(concluded(items, result), 0)
      }
    })
  }

  #deleteOn(
    namespace: NamespaceId,
    range: ScanRange,
    soFar: { readonly keys: number; readonly limit: number },
    attempt: Attempt,
    done: Done<Deleted>,
  ): void {
    const { regions, directory } = this.#parts
    const spot = { namespace, key: range.from, below: false }
    directory.region(spot, attempt, (found) => {
      if (!found.ok) {
        done(found)
        return
      }
      const { epoch, to: border } = found.value.descriptor
      const within = border.length > 0 && isBelow(border, range.to)
      const to = within ? border : range.to
      const limit = Math.min(DELETED_AT_ONCE, soFar.limit - soFar.keys)
      const command: RegionCommand = { op: 'delete-range', from: range.from, to, limit }
      const message: RegionWrite = { kind: 'region.write', epoch, command }
      const anew = () => this.#deleteOn(namespace, range, soFar, attempt, done)
      const end = (problem: Problem) => done({ ok: false, problem })
      regions.ask(found.value, message, { repeatable: false, attempt }, (reply) => {
        if (reply.type === 'ends') end(reply.problem)
        else if (reply.type === 'again') attempt.again(reply.afterMs, reply.problem, anew, end)
        else {
          const { result } = reply.message as RegionWriteDone
          if (result.op === 'locked') this.#clear(namespace, result.locks, attempt, anew, end)
          else {
            const deleted = result as Extract<RegionResult, { op: 'deleted' }>
            const keys = soFar.keys + deleted.keys
            const next = deleted.next ?? (within ? border : undefined)
            attempt.progressed()
            if (next === undefined || keys >= soFar.limit) done(good({ keys, next }))
            else {
              const rest = { ...range, from: next }
              this.#deleteOn(namespace, rest, { ...soFar, keys }, attempt, done)
            }
          }
        }
      })
    })
  }

  #clear(
    namespace: NamespaceId,
    locks: readonly Lock[],
    attempt: Attempt,
    anew: () => void,
    end: (problem: Problem) => void,
  ): void {
    const way = { namespace, reader: undefined, attempt }
    this.#parts.locks.clear(locks, way, (cleared) => {
      if (!cleared.ok) end(cleared.problem)
      else attempt.again(cleared.value.wait ? LOCK_PAUSE_MS : 0, LOCKED, anew, end)
    })
  }
}

const LOCKED: Problem = {
  reason: 'locked',
  text: 'a transaction that lives held a key until the time was over; nothing was written',
}

/** A sending that was lost may still arrive, whatever became of the next. */
const failed = (items: readonly Indexed[], problem: Problem): BatchPart => ({
  ops: items.map(({ index }) => index),
  outcome: { type: 'failed', problem: items.some(({ lost }) => lost) ? FORGOTTEN : problem },
})

function concluded(items: readonly Indexed[], result: RegionResult): BatchPart {
  const ops = items.map(({ index }) => index)
  if (result.op === 'written') return { ops, outcome: { type: 'written', version: result.version } }
  if (result.op !== 'mismatch') return failed(items, FORGOTTEN)
  if (items.some(({ lost }) => lost)) return failed(items, FORGOTTEN)
  return { ops, outcome: { type: 'mismatch', versions: result.versions } }
}

const FORGOTTEN: Problem = {
  reason: 'undetermined',
  text: 'the answer to this write is no longer known: it may have been done; read before writing again',
}

/** Whether a border lies before a range's end, which is open when empty. */
const isBelow = (border: Bytes, to: Bytes): boolean =>
  to.length === 0 || compareBytes(border, to) < 0
