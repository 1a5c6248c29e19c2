/**
 * Compares this region's replicas on disk: the leader puts an entry in the log, each replica that applies it reads all of its own rows
 * off the thread, page by page, and answers whoever asks for that entry's hash. `core/region/digest.ts` says why the hashes
 * must be equal although writes go on. Every record's checksum is looked at, a broken one is the answer instead of a hash.
 *
 * One at a time: a newer one takes the place of the one before.
 */

import { Digest } from '../../core/region/digest.ts'
import type { Timestamp } from '../../core/region/types.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import { CorruptRecord } from '../../storage/record.ts'
import { readLockRow, readVersionRow } from '../../storage/region-rows.ts'
import type { KeyRange, Row } from '../../storage/store.ts'
import type {
  DigestFound,
  RegionDigest,
  RegionDigestBegin,
  RegionDigestBegun,
  RegionDigestIs,
} from '../../wire/messages/region.ts'
import { encodeRegionEntry } from '../../wire/region-entry.ts'
import { after, PAGE } from '../raft-group/kv-reload.ts'
import type { Commands } from './commands.ts'
import type { Leadership } from './leadership.ts'
import { epochRefusal, refuse } from './refuse.ts'
import type { Replica } from './replica.ts'

interface Hashing {
  readonly index: number
  readonly version: number
  readonly digest: Digest
  /** Versions, then locks; the first is being read. */
  readonly left: KeyRange[]
  reading: boolean
  found: DigestFound | undefined
}

interface Waiter {
  readonly index: number
  readonly question: Question
}

const TAG = 'digest:'
const WAITERS_MAX = 16
const OVER: DigestFound = { found: 'over' }

export class Digests {
  readonly #replica: Replica
  readonly #leadership: Leadership
  readonly #commands: Commands
  #hashing: Hashing | undefined
  #waiters: Waiter[] = []

  constructor(replica: Replica, leadership: Leadership, commands: Commands) {
    this.#replica = replica
    this.#leadership = leadership
    this.#commands = commands
  }

  /** On the leader: what is in flight goes into the log first, and the entry behind it. */
  begin({ epoch }: RegionDigestBegin, question: Question, context: Context): void {
    const { evaluator } = this.#leadership
    const refusal = this.#leadership.refusal() ?? epochRefusal(this.#replica, epoch, 'data')
    if (refusal !== undefined || evaluator === undefined) {
      refuse(question, refusal ?? { reason: 'not-ready' }, context)
      return
    }
    this.#commands.run(context)
    const { from, to } = this.#replica.descriptor
    const { at } = evaluator.beginRead({ op: 'checksum', from, to, at: undefined, passing: [] })
    const entry = { type: 'digest', version: epoch.version, at } as const
    const outcome = this.#replica.raft.propose(encodeRegionEntry(entry))
    if (!outcome.ok) refuse(question, { reason: 'not-ready' }, context)
    else {
      const begun: RegionDigestBegun = { kind: 'region.digest-begun', index: outcome.index }
      context.answer(question, begun)
    }
    this.#replica.actSoon(context)
  }

  /** Answered once the entry is applied here and the rows are read; not at all if that never comes. */
  ask({ index }: RegionDigest, question: Question, context: Context): void {
    if (this.#waiters.length >= WAITERS_MAX) this.#waiters.shift()
    this.#waiters.push({ index, question })
    this.#answer(context)
  }

  /** The entry is applied: locks and safe point are of this very index. */
  applied(index: number, at: Timestamp): void {
    const { state, descriptor, data } = this.#replica
    this.#hashing = {
      index,
      version: descriptor.epoch.version,
      digest: new Digest(at, state),
      left: [data.versions(descriptor), data.locks(descriptor)],
      reading: false,
      found: undefined,
    }
  }

  /** All that was applied is where reads see it. */
  advance(context: Context): void {
    const hashing = this.#hashing
    if (hashing !== undefined && !hashing.reading && hashing.found === undefined) {
      hashing.reading = true
      this.#scan(hashing, context)
    }
    if (this.#waiters.length > 0) this.#answer(context)
  }

  ownsTag(tag: string): boolean {
    return tag.startsWith(TAG)
  }

  page(tag: string, rows: readonly Row[], more: boolean, context: Context): void {
    const hashing = this.#hashing
    if (hashing === undefined || tag !== `${TAG}${hashing.index}` || hashing.found) return
    hashing.found = this.#disturbed(hashing) ? OVER : corrupt(hashing, rows)
    if (hashing.found === undefined) {
      const range = hashing.left.shift() as KeyRange
      if (more) hashing.left.unshift(after(range, rows))
      if (hashing.left.length > 0) this.#scan(hashing, context)
      else hashing.found = { found: 'whole', ...hashing.digest.sum }
    }
    this.#answer(context)
  }

  /** The rows are being replaced. */
  forget(context: Context): void {
    if (this.#hashing !== undefined) this.#hashing.found = OVER
    this.#answer(context)
  }

  #scan({ index, left }: Hashing, context: Context): void {
    context.scan(left[0] as KeyRange, PAGE, `${TAG}${index}`)
  }

  /** It was split, or collection has gone on to a later safe point: rows that count may be gone. */
  #disturbed({ version, digest }: Hashing): boolean {
    const { descriptor, state } = this.#replica
    return descriptor.epoch.version !== version || state.safePoint !== digest.safePoint
  }

  #answer(context: Context): void {
    const { appliedIndex } = this.#replica.state
    this.#waiters = this.#waiters.filter(({ index, question }) => {
      const found = index === this.#hashing?.index ? this.#hashing.found : undefined
      const over = index <= appliedIndex && index !== this.#hashing?.index
      if (found === undefined && !over) return true
      const is: RegionDigestIs = { kind: 'region.digest-is', found: found ?? OVER }
      context.answer(question, is)
      return false
    })
  }
}

/** Takes a page, and says which record is broken. */
function corrupt({ digest, left }: Hashing, rows: readonly Row[]): DigestFound | undefined {
  try {
    // Locks are the last range.
    if (left.length === 1) rows.forEach(readLockRow)
    else for (const row of rows) digest.add(readVersionRow(row))
    return undefined
  } catch (error) {
    if (!(error instanceof CorruptRecord)) throw error
    return { found: 'corrupt', text: error.message.slice(0, TEXT_MAX) }
  }
}

const TEXT_MAX = 1000
