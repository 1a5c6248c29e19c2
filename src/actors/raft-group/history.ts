/**
 * The past, for watchers: whole revisions from the table, page by page off the thread, and pairs as
 * earlier revisions saw them. Each pins what it reads; what is compacted is said to be.
 */

import { compareBytes } from '../../base/bytes.ts'
import type { HistoryRow, Pin } from '../../core/kv/machine.ts'
import type { Event, KeyValue } from '../../core/kv/types.ts'
import type { RevisionId } from '../../core/mvcc/revision.ts'
import type { WatchRange } from '../../core/watch/types.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import { readVersion, revisionRange } from '../../storage/kvrows.ts'
import type { Row } from '../../storage/store.ts'
import type {
  WatchHistory,
  WatchHistoryIs,
  WatchPrevious,
  WatchPreviousAre,
} from '../../wire/messages/watch.ts'
import { refuse } from '../refuse.ts'
import { after, PAGE } from './kv-reload.ts'
import type { Replica } from './replica.ts'
import type { Values } from './values.ts'

interface Reading {
  readonly request: WatchHistory
  readonly question: Question
  readonly pin: Pin
  readonly rows: HistoryRow[]
  /** Distinct revisions among the rows that match. */
  matched: number
  last: number
  bytes: number
}

const TAG = 'history:'
/** An answer ends at the first revision that crosses this. */
const ANSWER_BYTES = 1024 * 1024

export class History {
  readonly #replica: Replica
  readonly #values: Values
  readonly #readings = new Map<string, Reading>()
  #number = 0

  constructor(replica: Replica, values: Values) {
    this.#replica = replica
    this.#values = values
  }

  ownsTag(tag: string): boolean {
    return tag.startsWith(TAG)
  }

  take(request: WatchHistory, question: Question, context: Context): void {
    const { kv, serving, keys } = this.#replica
    if (!serving) {
      refuse(question, 'no-leader', context)
      return
    }
    if (request.from < kv.compactRevision) {
      answer(question, { type: 'compacted', compactRevision: kv.compactRevision }, context)
      return
    }
    // A machine that came back from disk may be behind what its watchers have heard of.
    const to = Math.min(request.to, kv.revision)
    if (to < request.from) {
      answer(question, { type: 'events', through: to, events: [] }, context)
      return
    }
    this.#number += 1
    const tag = `${TAG}${this.#number}`
    const pin = kv.pin(Math.max(request.from - 1, kv.compactRevision))
    const clamped = { ...request, to }
    this.#readings.set(tag, {
      request: clamped,
      question,
      pin,
      rows: [],
      matched: 0,
      last: 0,
      bytes: 0,
    })
    context.scan(revisionRange(keys, request.from, to), PAGE, tag)
  }

  page(
    page: { readonly tag: string; readonly rows: readonly Row[]; readonly more: boolean },
    context: Context,
  ): void {
    const reading = this.#readings.get(page.tag)
    if (reading === undefined) return
    const { keys } = this.#replica
    const { request } = reading
    for (const row of page.rows) {
      const version = readVersion(keys, row)
      if (full(reading) && version.at.main !== reading.last) {
        this.#finish(page.tag, reading, version.at.main - 1, context)
        return
      }
      this.#add(reading, version, row[1].length)
    }
    if (page.more) {
      context.scan(after(revisionRange(keys, request.from, request.to), page.rows), PAGE, page.tag)
    } else {
      this.#finish(page.tag, reading, request.to, context)
    }
  }

  interrupt(context: Context): void {
    for (const { question, pin } of this.#readings.values()) {
      pin.release()
      refuse(question, 'no-leader', context)
    }
    this.#readings.clear()
  }

  previous(request: WatchPrevious, question: Question, context: Context): void {
    const { kv, serving } = this.#replica
    if (!serving) {
      refuse(question, 'no-leader', context)
      return
    }
    const places = request.pairs.map((pair) => kv.locate(pair.key, pair.revision))
    const found = places.filter((at): at is RevisionId => at !== undefined)
    const pin = kv.pin(kv.compactRevision)
    this.#values.get(found, context, (values, later) => {
      pin.release()
      if (values === undefined) {
        refuse(question, 'no-leader', later)
        return
      }
      let next = 0
      const all = places.map((at): KeyValue | undefined => at && values[next++])
      const are: WatchPreviousAre = { kind: 'watch.previous-are', values: all }
      later.answerNow(question, are)
    })
  }

  #add(reading: Reading, version: HistoryRow, bytes: number): void {
    if (!reading.request.ranges.some((range) => inside(range, version))) return
    if (version.at.main !== reading.last) reading.matched += 1
    reading.last = version.at.main
    reading.bytes += bytes
    reading.rows.push(version)
  }

  #finish(tag: string, reading: Reading, through: number, context: Context): void {
    this.#readings.delete(tag)
    const { kv } = this.#replica
    const events: readonly Event[] = kv.eventsOf(reading.rows)
    reading.pin.release()
    // A compaction that came meanwhile may have taken rows of the first pages' revisions along.
    const gone = reading.request.from < kv.compactRevision
    answer(
      reading.question,
      gone
        ? { type: 'compacted', compactRevision: kv.compactRevision }
        : { type: 'events', through, events },
      context,
    )
  }
}

const full = (reading: Reading): boolean =>
  reading.matched >= reading.request.maxRevisions || reading.bytes >= ANSWER_BYTES

function answer(question: Question, told: WatchHistoryIs['answer'], context: Context): void {
  const is: WatchHistoryIs = { kind: 'watch.history-is', answer: told }
  context.answerNow(question, is)
}

/** A range end of one zero byte has no upper bound; an empty one means the one key. */
function inside(range: WatchRange, version: HistoryRow): boolean {
  const { key, rangeEnd } = range
  if (rangeEnd.length === 0) return compareBytes(version.key, key) === 0
  if (compareBytes(version.key, key) < 0) return false
  const unbounded = rangeEnd.length === 1 && rangeEnd[0] === 0
  return unbounded || compareBytes(version.key, rangeEnd) < 0
}
