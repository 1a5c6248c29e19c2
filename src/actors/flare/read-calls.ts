/**
 * Reads over any number of regions. Without a timestamp each region answers its newest; one that is barred by a
 * transaction's lock is then read at a fresh timestamp, which passes the transactions that live.
 */

import { type Bytes, compareBytes, EMPTY } from '../../base/bytes.ts'
import type {
  FoundRow,
  Lock,
  NamespaceId,
  RegionAnswer,
  RegionQuery,
  RoutedRegion,
  Timestamp,
} from '../../core/region/types.ts'
import type { RegionRead, RegionReadDone } from '../../wire/messages/region.ts'
import type { Attempt } from './attempt.ts'
import type { Directory, Part, Spot } from './directory.ts'
import type { LockCalls } from './lock-calls.ts'
import { bad, type Done, good, type Outcome, type Problem } from './outcome.ts'
import type { RegionCalls, Reply } from './region-calls.ts'
import type { StampCalls } from './stamps.ts'

/** Bytes of keys and values after which a page ends. */
const PAGE_BYTES = 1024 * 1024

export interface ScanRange {
  readonly from: Bytes
  /** Not included; empty: to the end of the namespace. */
  readonly to: Bytes
}

export interface ScanRequest extends ScanRange {
  /** Rows, at least one. */
  readonly limit: number
  readonly reverse: boolean
  readonly keysOnly: boolean
  /** Undefined: the newest, of each region when it is asked. */
  readonly at: Timestamp | undefined
}

export interface ScanPage {
  readonly rows: readonly FoundRow[]
  /** Forward the `from`, backward the `to` to go on with; undefined: that was all. */
  readonly next: Bytes | undefined
}

export interface Checksum {
  readonly rows: number
  readonly bytes: number
  /** The same for the same rows in whatever regions. */
  readonly hash: bigint
  /** The snapshot that was summed up. */
  readonly at: Timestamp
}

/** How far a read is: what it reads at, and whom it passes. */
interface View {
  readonly namespace: NamespaceId
  readonly attempt: Attempt
  readonly at: Timestamp | undefined
  readonly passing: readonly Timestamp[]
}

export interface ReadParts {
  readonly directory: Directory
  readonly regions: RegionCalls
  readonly locks: LockCalls
  readonly stamps: StampCalls
}

type Make = (view: View) => RegionQuery

export class ReadCalls {
  readonly #parts: ReadParts

  constructor(parts: ReadParts) {
    this.#parts = parts
  }

  /** What is found, in the order of the keys asked for. */
  get(
    namespace: NamespaceId,
    keys: readonly Bytes[],
    at: Timestamp | undefined,
    attempt: Attempt,
    done: Done<readonly FoundRow[]>,
  ): void {
    const indexed = keys.map((key, index) => ({ key, index }))
    const rows: (FoundRow | undefined)[] = new Array(keys.length)
    this.#getParts({ namespace, attempt, at, passing: [] }, indexed, rows, (outcome) => {
      done(outcome.ok ? good(rows.filter((row) => row !== undefined)) : outcome)
    })
  }

  scan(namespace: NamespaceId, request: ScanRequest, attempt: Attempt, done: Done<ScanPage>): void {
    const view = { namespace, attempt, at: request.at, passing: [] }
    this.#scanOn(view, request, { rows: [], bytes: 0 }, done)
  }

  checksum(
    namespace: NamespaceId,
    range: ScanRange,
    at: Timestamp,
    attempt: Attempt,
    done: Done<Checksum>,
  ): void {
    const view = { namespace, attempt, at, passing: [] }
    this.#sumOn(view, range, { rows: 0, bytes: 0, hash: 0n, at }, done)
  }

  #getParts(
    view: View,
    keys: readonly { readonly key: Bytes; readonly index: number }[],
    rows: (FoundRow | undefined)[],
    done: Done<undefined>,
  ): void {
    const { directory } = this.#parts
    directory.group(
      view.namespace,
      keys,
      ({ key }) => key,
      view.attempt,
      (grouped) => {
        if (!grouped.ok) {
          done(grouped)
          return
        }
        let open = grouped.value.length
        let problem: Problem | undefined
        const one = (outcome: Outcome<undefined>): void => {
          if (!outcome.ok) problem ??= outcome.problem
          if (--open > 0) return
          done(problem === undefined ? good(undefined) : { ok: false, problem })
        }
        for (const part of grouped.value) this.#getPart(view, part, rows, one)
      },
    )
  }

  #getPart(
    view: View,
    { region, items }: Part<{ readonly key: Bytes; readonly index: number }>,
    rows: (FoundRow | undefined)[],
    done: Done<undefined>,
  ): void {
    const keys = items.map(({ key }) => key)
    const make: Make = ({ at, passing }) => ({ op: 'get', keys, at, passing })
    const anew = (next: View) => this.#getParts(next, items, rows, done)
    this.#ask(region, make, view, anew, (told) => {
      if (!told.ok) {
        done(told)
        return
      }
      const { rows: found, looked } = told.value as Extract<RegionAnswer, { op: 'get' }>
      let next = 0
      for (const { key, index } of items.slice(0, looked)) {
        const row = found[next]
        if (row === undefined || compareBytes(row.key, key) !== 0) continue
        rows[index] = row
        next++
      }
      if (looked >= items.length) done(good(undefined))
      else this.#getParts(view, items.slice(looked), rows, done)
    })
  }

  #scanOn(
    view: View,
    request: ScanRequest,
    page: { readonly rows: FoundRow[]; bytes: number },
    done: Done<ScanPage>,
  ): void {
    const { limit, reverse, keysOnly } = request
    this.#at(spotOf(view.namespace, request, reverse), view, done, (region) => {
      const here = clip(request, region)
      const left = limit - page.rows.length
      const make: Make = ({ at, passing }) => ({
        op: 'scan',
        ...here,
        limit: left,
        reverse,
        keysOnly,
        at,
        passing,
      })
      const anew = (next: View) => this.#scanOn(next, request, page, done)
      this.#ask(region, make, view, anew, (told) => {
        if (!told.ok) {
          done(told)
          return
        }
        const { rows, next: within } = told.value as Extract<RegionAnswer, { op: 'scan' }>
        for (const row of rows) {
          page.rows.push(row)
          page.bytes += row.key.length + row.value.length
        }
        const next = within ?? goesOn(request, region, reverse)
        const full = page.rows.length >= limit || page.bytes >= PAGE_BYTES
        if (next === undefined || full) {
          done(good({ rows: page.rows, next }))
          return
        }
        view.attempt.progressed()
        const rest = reverse ? { ...request, to: next } : { ...request, from: next }
        this.#scanOn(view, rest, page, done)
      })
    })
  }

  #sumOn(view: View, range: ScanRange, sum: Checksum, done: Done<Checksum>): void {
    this.#at(spotOf(view.namespace, range, false), view, done, (region) => {
      const here = clip(range, region)
      const make: Make = ({ at, passing }) => ({ op: 'checksum', ...here, at, passing })
      const anew = (next: View) => this.#sumOn(next, range, sum, done)
      this.#ask(region, make, view, anew, (told) => {
        if (!told.ok) {
          done(told)
          return
        }
        const part = told.value as Extract<RegionAnswer, { op: 'checksum' }>
        const all = {
          ...sum,
          rows: sum.rows + part.rows,
          bytes: sum.bytes + part.bytes,
          hash: BigInt.asUintN(64, sum.hash + part.hash),
        }
        const from = part.next ?? goesOn(range, region, false)
        view.attempt.progressed()
        if (from === undefined) done(good(all))
        else this.#sumOn(view, { ...range, from }, all, done)
      })
    })
  }

  #at(
    spot: Spot,
    { attempt }: View,
    done: (outcome: Extract<Outcome<never>, { ok: false }>) => void,
    found: (region: RoutedRegion) => void,
  ): void {
    this.#parts.directory.region(spot, attempt, (outcome) => {
      if (outcome.ok) found(outcome.value)
      else done(outcome)
    })
  }

  /** One region's answer; `anew` where routes were mended, or locks are out of the way. */
  #ask(
    region: RoutedRegion,
    make: Make,
    view: View,
    anew: (view: View) => void,
    done: Done<RegionAnswer>,
  ): void {
    const { attempt } = view
    const { epoch } = region.descriptor
    const message: RegionRead = { kind: 'region.read', epoch, query: make(view) }
    const end = (problem: Problem): void => done({ ok: false, problem })
    this.#parts.regions.ask(region, message, { repeatable: true, attempt }, (reply: Reply) => {
      if (reply.type === 'ends') end(reply.problem)
      else if (reply.type === 'again') {
        attempt.again(reply.afterMs, reply.problem, () => anew(view), end)
      } else {
        const { answer } = reply.message as RegionReadDone
        if (answer.op === 'locked') this.#passLocks(answer.locks, view, anew, end)
        else if (answer.op === 'too-old') done(tooOld(answer.safePoint))
        else done(good(answer))
      }
    })
  }

  #passLocks(
    locks: readonly Lock[],
    view: View,
    anew: (view: View) => void,
    end: (problem: Problem) => void,
  ): void {
    const { namespace, attempt, at: reader } = view
    if (reader === undefined) {
      // A timestamp drawn now is above all that was answered before the read came.
      this.#parts.stamps.one(attempt, (stamp) => {
        if (stamp.ok) this.#passLocks(locks, { ...view, at: stamp.value }, anew, end)
        else end(stamp.problem)
      })
      return
    }
    this.#parts.locks.clear(locks, { namespace, reader, attempt }, (cleared) => {
      if (!cleared.ok) {
        end(cleared.problem)
        return
      }
      const passing = [...new Set([...view.passing, ...cleared.value.passing])].slice(-PASSING_MAX)
      attempt.again(0, LOCKED, () => anew({ ...view, passing }), end)
    })
  }
}

/** As many as one query names. */
const PASSING_MAX = 1024

const LOCKED: Problem = {
  reason: 'locked',
  text: 'transactions held the keys until the time was over; try again',
}

const tooOld = (safePoint: Timestamp) =>
  bad('too-old', `versions at or below ${safePoint} are dropped: read at a newer timestamp`)

const spotOf = (namespace: NamespaceId, { from, to }: ScanRange, reverse: boolean): Spot =>
  reverse ? { namespace, key: to, below: true } : { namespace, key: from, below: false }

/** The part of a range that lies in a region; an empty end is the region's own. */
function clip(range: ScanRange, { descriptor }: RoutedRegion): ScanRange {
  const { from, to } = descriptor
  const beyond = to.length > 0 && (range.to.length === 0 || compareBytes(range.to, to) > 0)
  return {
    from: compareBytes(range.from, from) < 0 ? from : range.from,
    to: beyond ? EMPTY : range.to,
  }
}

/** Where a range goes on behind a region; undefined: it ends there. */
function goesOn(
  range: ScanRange,
  { descriptor: { from, to } }: RoutedRegion,
  reverse: boolean,
): Bytes | undefined {
  if (reverse) return from.length > 0 && compareBytes(range.from, from) < 0 ? from : undefined
  if (to.length === 0) return undefined
  return range.to.length === 0 || compareBytes(range.to, to) > 0 ? to : undefined
}
