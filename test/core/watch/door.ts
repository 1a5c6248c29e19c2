/** A watch set with a store behind it, whose history answers when told to. */

import assert from 'node:assert/strict'
import type { Applied } from '../../../src/core/kv/applied.ts'
import type { Event } from '../../../src/core/kv/types.ts'
import { spanContains, spanOf } from '../../../src/core/mvcc/key-span.ts'
import { keyText } from '../../../src/core/mvcc/key-text.ts'
import { WatchSet } from '../../../src/core/watch/set.ts'
import type {
  HistoryAnswer,
  HistoryRequest,
  PreviousRequest,
  WatchCreate,
  WatchEffect,
  WatchResponse,
} from '../../../src/core/watch/types.ts'
import { bytes, TestStore, text } from '../kv/store.ts'

export function watch(key: string, end = '', more: Partial<WatchCreate> = {}): WatchCreate {
  return {
    key: bytes(key),
    rangeEnd: bytes(end),
    startRevision: 0,
    progressNotify: false,
    noPut: false,
    noDelete: false,
    prevKv: false,
    watchId: 0,
    fragment: false,
    ...more,
  }
}

export class Door {
  readonly store = new TestStore()
  readonly set = new WatchSet({ maxResponseBytes: 100 })
  readonly received = new Map<number, WatchResponse[]>()
  history: HistoryRequest[] = []
  previous: PreviousRequest[] = []

  /** Tells the set where the store is, as a hub does first. */
  begin(): this {
    this.take(this.set.status(this.status()))
    return this
  }

  status() {
    const { revision, compactRevision } = this.store.machine
    return { revision, compactRevision, term: 1 }
  }

  open(stream = 1, window = 100): void {
    this.set.open(stream, window)
    this.received.set(stream, [])
  }

  create(...args: Parameters<typeof watch>): void {
    this.take(this.set.create(1, watch(...args)))
  }

  /** What an entry changed goes to the watchers at once. */
  tell(applied: Applied): void {
    if (applied.events.length === 0) return
    this.take(this.set.revisionApplied(applied.revision, 1, applied.events))
  }

  put(...args: Parameters<TestStore['put']>): void {
    this.tell(this.store.put(...args))
  }

  del(...args: Parameters<TestStore['del']>): void {
    this.tell(this.store.del(...args))
  }

  take(effects: readonly WatchEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'deliver') this.received.get(effect.stream)?.push(effect.response)
      else if (effect.type === 'history') this.history.push(effect.request)
      else this.previous.push(effect.request)
    }
    this.set.audit()
  }

  /** Answers all that was asked, until nothing more is. */
  settle(): void {
    for (let i = 0; this.history.length + this.previous.length > 0; i++) {
      assert(i < 1000, 'it asks for ever')
      this.answerHistory()
      this.answerPrevious()
    }
  }

  answerHistory(maxRevisions = 1000): void {
    const request = this.history.shift()
    if (request !== undefined) {
      this.take(this.set.history(request.ticket, this.read(request, maxRevisions)))
    }
  }

  answerPrevious(): void {
    const request = this.previous.shift()
    if (request === undefined) return
    const values = request.pairs.map(({ key, revision }) => {
      const at = this.store.machine.locate(key, revision)
      return at === undefined ? undefined : this.store.value(at)
    })
    this.take(this.set.previous(request.ticket, values))
  }

  read({ from, to, ranges }: HistoryRequest, maxRevisions: number): HistoryAnswer {
    const { machine } = this.store
    if (from < machine.compactRevision) {
      return { type: 'compacted', compactRevision: machine.compactRevision }
    }
    const through = Math.min(to, from + maxRevisions - 1, machine.revision)
    const spans = ranges.map(({ key, rangeEnd }) => spanOf(key, rangeEnd))
    const events = machine
      .eventsOf(this.store.history(from, through))
      .filter((event) => spans.some((span) => spanContains(span, keyText(event.kv.key))))
    return { type: 'events', through, events }
  }

  /** Takes what a stream received since the last call. */
  heard(stream = 1): WatchResponse[] {
    return this.received.get(stream)?.splice(0) ?? []
  }

  /** The events received since the last call, in short. */
  events(stream = 1): string[] {
    return this.heard(stream).flatMap((r) => r.events.map(short))
  }
}

/** One that is told everything, with one stream open. */
export function door(): Door {
  const it = new Door().begin()
  it.open()
  return it
}

export function short(event: Event): string {
  const sign = event.type === 'put' ? '' : '-'
  return `${sign}${text(event.kv.key)}@${event.kv.modRevision}`
}
