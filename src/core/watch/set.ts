/**
 * The watchers of all streams of one thread. The door tells it what clients ask and what the hub says;
 * it answers what to deliver to which stream, and what it must know from history.
 *
 * WATCH-I4: a watcher is in exactly one place: the index (synced), the ready, or its stream's blocked.
 * WATCH-I5: who is not synced is owed a revision at or below the set's; who is synced is owed none.
 * So an event reaches each watcher once and in order, and only compaction makes one lose any.
 */

import { assert } from '../../base/assert.ts'
import type { Bytes } from '../../base/bytes.ts'
import type { Event, KeyValue } from '../kv/types.ts'
import { spanIsEmpty, spanOf } from '../mvcc/key-span.ts'
import { Delivery } from './delivery.ts'
import { type HistoryRead, owedBy, readFor } from './history-read.ts'
import {
  DUPLICATE_ID,
  EMPTY_RANGE,
  type Header,
  NO_WATCHER,
  response,
  START_COMPACTED,
} from './responses.ts'
import { WatchStream } from './stream.ts'
import { Tail } from './tail.ts'
import type { HistoryAnswer, WatchCreate, WatchEffect, WatchEvent, WatchStatus } from './types.ts'
import { Watcher } from './watcher.ts'
import { WatcherIndex } from './watcher-index.ts'

export interface WatchSetOptions {
  /** Responses of fragmenting watchers are cut at about this many bytes. */
  readonly maxResponseBytes: number
}

const FIRST_KEY: Bytes = new Uint8Array([0])

export class WatchSet {
  readonly #delivery: Delivery
  readonly #streams = new Map<number, WatchStream>()
  readonly #index = new WatcherIndex()
  readonly #ready = new Set<Watcher>()
  readonly #tail = new Tail()
  /** What clients asked before the hub first spoke. */
  #early: (() => void)[] = []
  #status: WatchStatus | undefined
  #read: HistoryRead | undefined
  #lastTicket = 0

  constructor(options: WatchSetOptions) {
    this.#delivery = new Delivery(options.maxResponseBytes)
  }

  /** 0 before the hub first spoke. */
  get revision(): number {
    return this.#status?.revision ?? 0
  }

  get watcherCount(): number {
    let count = 0
    for (const stream of this.#streams.values()) count += stream.watchers.size
    return count
  }

  /** Watchers that wait for history or for room. */
  get unsyncedCount(): number {
    return this.watcherCount - this.#index.size
  }

  /** `window`: so many responses may be under way before `consumed`. A number is used once. */
  open(stream: number, window: number): void {
    assert(!this.#streams.has(stream), 'a stream is opened once')
    this.#streams.set(stream, new WatchStream(stream, window))
  }

  close(stream: number): void {
    const known = this.#streams.get(stream)
    if (known === undefined) return
    this.#streams.delete(stream)
    known.closed = true
    for (const watcher of known.watchers.values()) this.#remove(watcher)
  }

  create(stream: number, request: WatchCreate): readonly WatchEffect[] {
    return this.#serving(stream, (known) => this.#create(known, request))
  }

  cancel(stream: number, watchId: number): readonly WatchEffect[] {
    return this.#serving(stream, (known) => {
      const watcher = known.watchers.get(watchId)
      if (watcher === undefined) return
      this.#remove(watcher)
      this.#delivery.control(known, response(this.#header(), watchId, { canceled: true }))
    })
  }

  /** Answered only if no watcher of the stream is owed anything; else the client must ask again. */
  progress(stream: number): readonly WatchEffect[] {
    return this.#serving(stream, (known) => {
      const watchers = [...known.watchers.values()]
      const settled = watchers.every((watcher) => this.#settled(watcher))
      if (watchers.length === 0 || !settled || !known.room) return
      this.#delivery.control(known, response(this.#header(), NO_WATCHER))
    })
  }

  consumed(stream: number, responses: number): readonly WatchEffect[] {
    const known = this.#streams.get(stream)
    if (known === undefined) return []
    known.consumed(responses)
    this.#delivery.flush(known)
    for (const watcher of known.blocked) {
      if (!known.room) break
      this.#place(watcher)
    }
    return this.#finish()
  }

  /** Every progress interval: who asked for it hears where the store is, unless it just heard an event. */
  progressTick(): readonly WatchEffect[] {
    for (const stream of this.#streams.values()) {
      for (const watcher of stream.watchers.values()) {
        const due = watcher.request.progressNotify && !watcher.active && this.#settled(watcher)
        watcher.active = false
        if (due && stream.room) {
          this.#delivery.control(stream, response(this.#header(), watcher.id))
        }
      }
    }
    return this.#finish()
  }

  /** From the hub: first after subscribing, after a snapshot was installed, and whenever it likes. */
  status(status: WatchStatus): readonly WatchEffect[] {
    const before = this.#status
    if (before === undefined) {
      this.#status = status
      for (const input of this.#early.splice(0)) input()
      return this.#finish()
    }
    const ahead = status.revision > before.revision
    const compactRevision = Math.max(status.compactRevision, before.compactRevision)
    // A hub behind this set began anew from disk: its revisions up to ours come again and are passed over.
    const revision = Math.max(status.revision, before.revision)
    const owed = ahead ? this.#synced() : []
    if (ahead) this.#tail.clear()
    this.#status = { revision, compactRevision, term: status.term }
    this.#fallBehind(owed, before.revision + 1)
    if (compactRevision > before.compactRevision) this.#cancelCompacted()
    return this.#finish()
  }

  /** From the hub: all events of one revision. One that came before is passed over. */
  revisionApplied(
    revision: number,
    term: number,
    events: readonly Event[],
  ): readonly WatchEffect[] {
    const before = this.#status
    if (before === undefined || revision <= before.revision) return []
    const shared = events.map((event): WatchEvent => ({ ...event, prevKv: undefined }))
    const missed = revision !== before.revision + 1
    const owed = missed ? this.#synced() : []
    if (missed) this.#tail.clear()
    this.#status = { ...before, revision, term }
    this.#tail.push(revision, shared)
    if (missed) this.#fallBehind(owed, before.revision + 1)
    else this.#deliverLive(revision, shared)
    return this.#finish()
  }

  /** An answer to a question given up meanwhile is ignored. */
  history(ticket: number, answer: HistoryAnswer): readonly WatchEffect[] {
    const read = this.#read
    if (read === undefined || read.request.ticket !== ticket) return []
    this.#read = undefined
    if (answer.type === 'compacted') {
      this.#learnCompaction(answer.compactRevision)
      return this.#finish()
    }
    this.#catchUp(read, answer.through, answer.events)
    // Nothing new: the group is not as far as this set yet. Asking at once again would only spin.
    return answer.through < read.request.from ? this.#delivery.take() : this.#finish()
  }

  /** `values[i]` belongs to `pairs[i]`; undefined when it was not there or is compacted. */
  previous(ticket: number, values: readonly (KeyValue | undefined)[]): readonly WatchEffect[] {
    this.#delivery.previous(ticket, values)
    return this.#finish()
  }

  /** Asks again for all that was asked and not answered: the group restarted or an ask failed. */
  retry(): readonly WatchEffect[] {
    this.#delivery.retry()
    if (this.#read !== undefined) {
      this.#delivery.ask({ type: 'history', request: this.#read.request })
    }
    return this.#finish()
  }

  /** Throws when an invariant above, or of a part, is broken. Slow: looks at every watcher. */
  audit(): void {
    this.#index.audit()
    let synced = 0
    for (const stream of this.#streams.values()) {
      stream.audit()
      for (const watcher of stream.watchers.values()) {
        const { state } = watcher
        if (state === 'synced') synced++
        assert(this.#ready.has(watcher) === (state === 'ready'), 'WATCH-I4: ready')
        assert(stream.blocked.has(watcher) === (state === 'blocked'), 'WATCH-I4: blocked')
        assert(state === 'synced' || watcher.next <= this.revision, 'WATCH-I5: owed nothing')
      }
    }
    assert(synced === this.#index.size, 'WATCH-I4: the index')
  }

  #serving(stream: number, input: (known: WatchStream) => void): readonly WatchEffect[] {
    const known = this.#streams.get(stream)
    if (known === undefined) return []
    if (this.#status === undefined) {
      this.#early.push(() => known.closed || input(known))
      return []
    }
    input(known)
    return this.#finish()
  }

  #create(stream: WatchStream, request: WatchCreate): void {
    const key = request.key.length === 0 ? FIRST_KEY : request.key
    const cancelReason = this.#refuse(stream, key, request)
    if (cancelReason !== undefined) {
      const fields = { created: true, canceled: true, cancelReason }
      this.#delivery.control(stream, response(this.#header(), NO_WATCHER, fields))
      return
    }
    const id = request.watchId === 0 ? stream.pickId() : request.watchId
    const next = request.startRevision === 0 ? this.revision + 1 : request.startRevision
    const watcher = new Watcher(id, stream, { ...request, key }, next)
    stream.watchers.set(id, watcher)
    this.#delivery.control(stream, response(this.#header(), id, { created: true }))
    this.#place(watcher)
  }

  #refuse(stream: WatchStream, key: Bytes, request: WatchCreate): string | undefined {
    if (spanIsEmpty(spanOf(key, request.rangeEnd))) return EMPTY_RANGE
    if (request.startRevision < 0) return START_COMPACTED
    return stream.watchers.has(request.watchId) && request.watchId !== 0 ? DUPLICATE_ID : undefined
  }

  #deliverLive(revision: number, events: readonly WatchEvent[]): void {
    if (this.#index.size === 0) return
    for (const [watcher, owed] of owedBy(this.#index, events)) {
      if (watcher.stream.room) {
        this.#deliver(watcher, owed, revision + 1)
      } else {
        watcher.next = revision
        this.#place(watcher)
      }
    }
  }

  #catchUp(read: HistoryRead, through: number, events: readonly Event[]): void {
    const waiting = read.watchers.filter((watcher) => watcher.state === 'ready')
    const index = new WatcherIndex()
    for (const watcher of waiting) index.add(watcher)
    const shared = events.map((event): WatchEvent => ({ ...event, prevKv: undefined }))
    const owed = owedBy(index, shared)
    for (const watcher of waiting) {
      if (through >= watcher.next && watcher.stream.room) {
        this.#deliver(watcher, owed.get(watcher) ?? [], through + 1)
      }
      this.#place(watcher)
    }
  }

  #deliver(watcher: Watcher, events: readonly WatchEvent[], next: number): void {
    watcher.next = next
    if (events.length === 0) return
    this.#delivery.events(watcher, this.#header(), events, this.#status?.compactRevision ?? 0)
  }

  /** Puts a watcher where it belongs by what it is owed, giving it what is at hand. */
  #place(watcher: Watcher): void {
    this.#withdraw(watcher)
    const { stream } = watcher
    if (watcher.next <= this.revision && watcher.next < (this.#status?.compactRevision ?? 0)) {
      this.#loseToCompaction(watcher)
      return
    }
    const first = this.#tail.first
    const atHand = first !== undefined && watcher.next >= first
    if (watcher.next <= this.revision && atHand && stream.room) {
      const owed: WatchEvent[] = []
      for (const event of this.#tail.since(watcher.next)) if (watcher.owes(event)) owed.push(event)
      this.#deliver(watcher, owed, this.revision + 1)
    }
    if (watcher.next > this.revision) {
      watcher.state = 'synced'
      this.#index.add(watcher)
    } else if (stream.room) {
      watcher.state = 'ready'
      this.#ready.add(watcher)
    } else {
      watcher.state = 'blocked'
      stream.blocked.add(watcher)
    }
  }

  /** All synced watchers: those that a gap leaves behind. */
  #synced(): readonly Watcher[] {
    const synced: Watcher[] = []
    for (const { watchers } of this.#streams.values()) {
      for (const watcher of watchers.values()) if (watcher.state === 'synced') synced.push(watcher)
    }
    return synced
  }

  #fallBehind(watchers: readonly Watcher[], next: number): void {
    for (const watcher of watchers) {
      watcher.next = Math.max(watcher.next, next)
      this.#place(watcher)
    }
  }

  #learnCompaction(compactRevision: number): void {
    const status = this.#status as WatchStatus
    if (compactRevision <= status.compactRevision) return
    this.#status = { ...status, compactRevision }
    this.#cancelCompacted()
  }

  #cancelCompacted(): void {
    for (const { watchers } of this.#streams.values()) {
      for (const watcher of watchers.values()) {
        if (watcher.state !== 'synced') this.#place(watcher)
      }
    }
  }

  #loseToCompaction(watcher: Watcher): void {
    this.#remove(watcher)
    const compactRevision = this.#status?.compactRevision ?? 0
    const fields = { canceled: true, compactRevision }
    // etcd names no revision of its own here.
    const header = { ...this.#header(), revision: 0 }
    this.#delivery.control(watcher.stream, response(header, watcher.id, fields))
  }

  #remove(watcher: Watcher): void {
    this.#withdraw(watcher)
    watcher.state = 'gone'
    watcher.stream.watchers.delete(watcher.id)
  }

  #withdraw(watcher: Watcher): void {
    if (watcher.state === 'synced') this.#index.delete(watcher)
    else if (watcher.state === 'ready') this.#ready.delete(watcher)
    else watcher.stream.blocked.delete(watcher)
  }

  #settled(watcher: Watcher): boolean {
    return watcher.state === 'synced' && watcher.request.startRevision <= this.revision
  }

  #header(): Header {
    return { revision: this.revision, term: this.#status?.term ?? 0 }
  }

  /** One read of history at a time. */
  #finish(): readonly WatchEffect[] {
    if (this.#read === undefined && this.#ready.size > 0) {
      const read = readFor(this.#ready, ++this.#lastTicket, this.revision)
      this.#read = read
      this.#delivery.ask({ type: 'history', request: read.request })
    }
    return this.#delivery.take()
  }
}
