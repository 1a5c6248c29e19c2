/**
 * What a watcher saw against the true past: ordered, each event once, none missing, a revision never
 * split, nothing at or below an announced revision afterwards, resumable from where it asked, and told
 * when what it asks for is compacted.
 */

import type { WatchEvent, WatchResponse } from '../../src/actors/chainfire.ts'
import type { Event } from '../../src/core/kv/types.ts'
import type { WatchRecord } from '../workloads/history.ts'
import type { Finding } from './findings.ts'
import { sameEvent, show } from './linearizable.ts'
import { inRange, keyText, type Timeline } from './timeline.ts'

export function checkWatches(watches: readonly WatchRecord[], past: Timeline): Finding[] {
  return watches.flatMap((watch) => new WatchCheck(watch, past).run())
}

/** The revision up to which this watcher has certainly been told everything. */
export function watchedUpTo(watch: WatchRecord): number {
  let upTo = Math.max(0, watch.create.startRevision - 1)
  for (const { response } of watch.responses) {
    if (response.canceled) continue
    if (response.created && watch.create.startRevision === 0) upTo = response.header.revision
    const last = response.events.at(-1)
    if (last) upTo = response.fragment ? last.kv.modRevision - 1 : last.kv.modRevision
    else if (!response.created) upTo = Math.max(upTo, response.header.revision)
  }
  return upTo
}

class WatchCheck {
  readonly #watch: WatchRecord
  readonly #past: Timeline
  readonly #findings: Finding[] = []
  /** Everything up to here was told or announced. */
  #done = 0
  /** Events of the revision in which a fragment broke off. */
  #partial: WatchEvent[] = []
  #created = false
  #canceled = false

  constructor(watch: WatchRecord, past: Timeline) {
    this.#watch = watch
    this.#past = past
  }

  run(): Finding[] {
    for (const { atUs, response } of this.#watch.responses) {
      if (this.#findings.length > 0) break
      this.#take(response, atUs)
    }
    return this.#findings
  }

  #report(atUs: number, sentence: string): void {
    const { client, node, create } = this.#watch
    const who = `${client}@${node} watching ${keyText(create.key)}..${keyText(create.rangeEnd)}`
    this.#findings.push({
      promise: 'watch',
      sentence: `${who} from ${create.startRevision}: ${sentence}`,
      atUs,
    })
  }

  #take(response: WatchResponse, atUs: number): void {
    if (this.#canceled) {
      this.#report(atUs, 'was told something after its end')
      return
    }
    if (response.header.revision > this.#past.last) {
      this.#report(atUs, `was told revision ${response.header.revision} of the future`)
      return
    }
    if (response.canceled) {
      this.#takeCancel(response, atUs)
      return
    }
    if (response.created) {
      this.#takeCreated(response, atUs)
      return
    }
    if (!this.#created) {
      this.#report(atUs, 'was told events before it was created')
      return
    }
    if (response.events.length > 0) this.#takeEvents(response, atUs)
    else this.#takeProgress(response, atUs)
  }

  #takeCreated(response: WatchResponse, atUs: number): void {
    if (this.#created) this.#report(atUs, 'was created twice')
    this.#created = true
    const start = this.#watch.create.startRevision
    this.#done = start > 0 ? start - 1 : response.header.revision
  }

  #takeCancel(response: WatchResponse, atUs: number): void {
    this.#canceled = true
    if (response.compactRevision > 0 && response.compactRevision <= this.#done) {
      const behind = `compacted at ${response.compactRevision}`
      this.#report(atUs, `was ended as ${behind}, but stood at ${this.#done}`)
    }
  }

  /** A progress notice at R: every matching event up to R has been told. */
  #takeProgress(response: WatchResponse, atUs: number): void {
    const missed = this.#expected(this.#done, response.header.revision)[0]
    if (missed) {
      const what = `${show(missed)} was not told`
      this.#report(atUs, `was announced revision ${response.header.revision}, but ${what}`)
      return
    }
    this.#done = Math.max(this.#done, response.header.revision)
  }

  #takeEvents(response: WatchResponse, atUs: number): void {
    const told = [...this.#partial, ...response.events]
    this.#partial = []
    const last = (told.at(-1) as WatchEvent).kv.modRevision
    if ((told[0] as WatchEvent).kv.modRevision <= this.#done) {
      this.#report(atUs, `was told ${show(told[0])} after revision ${this.#done}`)
      return
    }
    const expected = this.#expected(this.#done, last)
    const whole = expected.length === told.length
    const broken = response.fragment && told.length < expected.length
    for (let i = 0; i < Math.max(told.length, broken ? 0 : expected.length); i++) {
      const want = expected[i]
      const got = told[i]
      if (!got) {
        this.#report(atUs, `was not told ${show(want)}`)
        return
      }
      if (!want) {
        this.#report(atUs, `was told ${show(got)}, which never was`)
        return
      }
      if (!sameEvent(want, got)) {
        this.#report(atUs, `was told ${show(got)} where ${show(want)} comes next`)
        return
      }
      this.#checkPrevious(got, atUs)
    }
    if (whole) this.#done = last
    else this.#partial = told
  }

  #checkPrevious(event: WatchEvent, atUs: number): void {
    if (!this.#watch.create.prevKv || event.prevKv === undefined) return
    const before = this.#past.get(keyText(event.kv.key), event.kv.modRevision - 1)
    if (show(before) !== show(event.prevKv)) {
      this.#report(atUs, `was told ${show(event.prevKv)} as the pair before ${show(event)}`)
    }
  }

  /** Matching events of revisions after `from` up to `to`. */
  #expected(from: number, to: number): Event[] {
    const { create } = this.#watch
    const key = keyText(create.key)
    const end = keyText(create.rangeEnd)
    const events: Event[] = []
    for (let revision = from + 1; revision <= to; revision++) {
      for (const event of this.#past.eventsAt(revision)) {
        if (!inRange(keyText(event.kv.key), key, end)) continue
        if (event.type === 'put' ? create.noPut : create.noDelete) continue
        events.push(event)
      }
    }
    return events
  }
}
