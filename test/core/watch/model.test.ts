/**
 * W17: etcd's nine guarantees of a watch, against the plain list of all events, under any mixture of
 * writes, gaps, restarts, compactions, slow consumers and late answers.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkTxn } from '../../../src/core/kv/txn-check.ts'
import type { Event } from '../../../src/core/kv/types.ts'
import { spanContains, spanOf } from '../../../src/core/mvcc/key-span.ts'
import { keyText } from '../../../src/core/mvcc/key-text.ts'
import type { WatchCreate, WatchResponse } from '../../../src/core/watch/types.ts'
import { opDelete, opPut, text, txn } from '../kv/store.ts'
import { Door, short, watch } from './door.ts'

const key = fc.constantFrom('a', 'b', 'c', 'd')
const end = fc.constantFrom('', '', 'c', '\0')
const stream = fc.constantFrom(1, 2, 3)
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('put' as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), key, end }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('txn' as const), key }) },
  // Applied, but never told to this door: only the numbers show it.
  { weight: 1, arbitrary: fc.record({ do: fc.constant('missed' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('snapshot' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const), back: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retry' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      stream,
      key,
      end,
      back: fc.integer({ min: -3, max: 12 }),
      noPut: fc.boolean(),
      prevKv: fc.boolean(),
      fragment: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('cancel' as const), stream, id: fc.nat(3) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('progress' as const), stream }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('tick' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('consume' as const), stream }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('history' as const), rows: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('previous' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

test('W17 ordered, unique, reliable, atomic, resumable, bookmarkable, prev_kv, creations, filters', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const world = new World()
      for (const each of steps) world.do(each)
      world.settle()
    }),
    { numRuns: 500 },
  )
})

/** What one watcher asked for, and what it has heard so far. */
interface Heard {
  readonly request: WatchCreate
  readonly from: number
  readonly events: string[]
  /** Of the last progress: no event at or below it may come any more. */
  bookmark: number
  last: number
  /** The revision of a response that goes on in the next fragment. */
  open: boolean
  canceled: boolean
}

class World {
  readonly door = new Door()
  readonly all: Event[] = []
  readonly watchers = new Map<string, Heard>()
  readonly underWay = new Map<number, number>()
  /** Creations in order, until their answers come. */
  readonly asked = new Map<number, WatchCreate[]>()
  #responses = 0
  #lastTold: { revision: number; events: readonly Event[] } | undefined

  constructor() {
    this.door.store.put('a')
    this.all.push(...this.door.store.machine.eventsOf(this.door.store.history(2, 2)))
    this.door.begin()
    for (const [id, window] of [
      [1, 1],
      [2, 4],
      [3, 1000],
    ] as const) {
      this.door.open(id, window)
      this.underWay.set(id, 0)
      this.asked.set(id, [])
    }
  }

  do(each: Step): void {
    const { door } = this
    const { set, store } = door
    if (each.do === 'put') this.#write([opPut(each.key, 'v')])
    else if (each.do === 'delete') this.#write([opDelete(each.key, each.end)])
    else if (each.do === 'txn') this.#write([opDelete('b', 'd'), opPut(`a${each.key}`), opPut('a')])
    else if (each.do === 'missed') this.#write([opPut(each.key)], false)
    else if (each.do === 'snapshot') {
      this.#write([opPut(each.key)], false)
      door.take(set.status(door.status()))
    } else if (each.do === 'repeat' && this.#lastTold !== undefined) {
      door.take(set.revisionApplied(this.#lastTold.revision, 1, this.#lastTold.events))
      door.take(set.status({ ...door.status(), revision: 1 }))
    } else if (each.do === 'compact') {
      if (store.compact(store.machine.revision - each.back) === undefined) store.scrub()
      door.take(set.status({ ...door.status(), revision: 0 }))
    } else if (each.do === 'retry') {
      door.history = []
      door.previous = []
      door.take(set.retry())
    } else if (each.do === 'create') this.#create(each)
    else if (each.do === 'cancel') door.take(set.cancel(each.stream, each.id))
    else if (each.do === 'progress') door.take(set.progress(each.stream))
    else if (each.do === 'tick') door.take(set.progressTick())
    else if (each.do === 'consume') this.#consume(each.stream)
    else if (each.do === 'history') door.answerHistory(each.rows + 1)
    else if (each.do === 'previous') door.answerPrevious()
    this.#listen()
  }

  /** When everything asked is answered and consumed, every watcher has heard all it should. */
  settle(): void {
    const { door } = this
    door.take(door.set.status(door.status()))
    door.take(door.set.retry())
    for (let quiet = 0; quiet < 3; quiet++) {
      const before = this.#responses
      door.settle()
      this.#listen()
      for (const id of [1, 2, 3]) this.#consume(id)
      if (this.#responses > before) quiet = 0
    }
    for (const heard of this.watchers.values()) {
      const owed = this.all.filter((event) => wants(heard, event)).map(short)
      if (heard.canceled) assert.deepEqual(heard.events, owed.slice(0, heard.events.length))
      else assert.deepEqual(heard.events, owed, 'W17 reliable: an event is missing')
    }
    assert.equal(door.set.unsyncedCount, 0)
  }

  #write(ops: Parameters<typeof txn>[1], told = true): void {
    const request = txn([], ops)
    assert.equal(checkTxn(request, 128), undefined, 'a door lets it in')
    const applied = this.door.store.apply({ op: 'txn', request })
    this.all.push(...applied.events)
    if (!told || applied.events.length === 0) return
    this.#lastTold = { revision: applied.revision, events: applied.events }
    this.door.tell(applied)
  }

  #create(each: Step & { do: 'create' }): void {
    const { noPut, prevKv, fragment, back } = each
    const startRevision = back === 12 ? 0 : Math.max(1, this.door.store.machine.revision - back)
    const request = watch(each.key, each.end, { noPut, prevKv, fragment, startRevision })
    this.asked.get(each.stream)?.push({ ...request, progressNotify: true })
    this.door.take(this.door.set.create(each.stream, { ...request, progressNotify: true }))
  }

  #consume(id: number): void {
    const count = this.underWay.get(id) ?? 0
    this.underWay.set(id, 0)
    this.door.take(this.door.set.consumed(id, count))
    this.#listen()
  }

  #listen(): void {
    for (const id of [1, 2, 3]) {
      for (const response of this.door.heard(id)) {
        this.#responses++
        this.underWay.set(id, (this.underWay.get(id) ?? 0) + 1)
        this.#hear(id, response)
      }
      assert((this.underWay.get(id) ?? 0) <= [1, 4, 1000][id - 1]!, 'WATCH-I2: the window')
    }
  }

  #hear(id: number, response: WatchResponse): void {
    if (response.created) this.#created(id, response)
    else if (response.watchId === -1) this.#progress(id, response)
    else this.#told(id, response)
  }

  #progress(id: number, response: WatchResponse): void {
    for (const [name, heard] of this.watchers) {
      if (name.startsWith(`${id}/`) && !heard.canceled) bookmark(heard, response)
    }
  }

  #told(id: number, response: WatchResponse): void {
    const heard = this.watchers.get(`${id}/${response.watchId}`)
    assert(heard !== undefined, 'W2: heard before it was created')
    assert(!heard.canceled, 'W6: heard after it was canceled')
    if (response.canceled) heard.canceled = true
    else if (response.events.length === 0) bookmark(heard, response)
    for (const [i, event] of response.events.entries()) this.#event(heard, event, response, i)
    heard.open = response.fragment
  }

  #created(id: number, response: WatchResponse): void {
    const request = this.asked.get(id)?.shift()
    assert(request !== undefined)
    if (response.canceled) return
    const from = request.startRevision === 0 ? response.header.revision + 1 : request.startRevision
    this.watchers.set(`${id}/${response.watchId}`, {
      request,
      from,
      events: [],
      bookmark: 0,
      last: 0,
      open: false,
      canceled: false,
    })
  }

  #event(
    heard: Heard,
    event: WatchResponse['events'][number],
    response: WatchResponse,
    i: number,
  ): void {
    const { modRevision, createRevision } = event.kv
    assert(!heard.events.includes(short(event)), 'W17 unique')
    assert(wants(heard, event), 'W17 filter: an event nobody asked for')
    assert(modRevision >= heard.last, 'W17 ordered')
    assert(modRevision > heard.bookmark, 'W17 bookmarkable')
    if (i === 0 && !heard.open) assert(modRevision > heard.last, 'W17 atomic: a revision torn')
    const truth = this.all.find((each) => short(each) === short(event))
    assert(truth !== undefined, 'W17: an event that never was')
    const created = event.type === 'put' && createRevision === modRevision
    assert.equal(created, truth.type === 'put' && truth.kv.version === 1, 'W17 creations')
    const { prevKv } = event
    if (!heard.request.prevKv) assert.equal(prevKv, undefined)
    if (prevKv !== undefined) {
      assert.equal(prevKv.modRevision, truth.previousRevision, 'W17 prev_kv')
      assert.equal(text(prevKv.key), text(event.kv.key))
    } else if (heard.request.prevKv && truth.previousRevision > 0) {
      assert(this.door.store.machine.compactRevision >= modRevision, 'W17 prev_kv missing')
    }
    heard.last = modRevision
    assert(response.header.revision >= modRevision)
    heard.events.push(short(event))
  }
}

function bookmark(heard: Heard, response: WatchResponse): void {
  assert(response.header.revision >= heard.bookmark, 'W17 bookmarkable: progress went back')
  assert(response.header.revision >= heard.last, 'W17 bookmarkable: progress behind an event')
  heard.bookmark = response.header.revision
}

function wants({ request, from }: Heard, event: Event): boolean {
  const span = spanOf(request.key, request.rangeEnd)
  if (event.kv.modRevision < from || !spanContains(span, keyText(event.kv.key))) return false
  return event.type === 'put' ? !request.noPut : !request.noDelete
}
