/** What a watch stream hears, rule by rule (W1 to W12), while nothing goes wrong around it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { text } from '../kv/store.ts'
import { Door, door, short } from './door.ts'

test('W1 an empty range is created and canceled at once; an empty key means the first', () => {
  const it = door()
  it.create('b', 'a')
  const [refused] = it.heard()
  assert.deepEqual(
    [refused?.created, refused?.canceled, refused?.watchId, refused?.cancelReason],
    [true, true, -1, 'mvcc: watcher range is empty'],
  )
  it.create('', '\0')
  it.put('a')
  assert.deepEqual(it.events(), ['a@2'])
})

test('W1 filters, single keys, ranges, from a key on', () => {
  const it = door()
  it.create('a')
  it.create('a', 'c', { noPut: true })
  it.create('b', '\0', { noDelete: true })
  it.heard()
  it.put('a')
  it.put('b')
  it.del('a', 'z')
  const seen = it.heard().map((r) => [r.watchId, r.events.map(short).join()])
  assert.deepEqual(seen, [
    [0, 'a@2'],
    [2, 'b@3'],
    [0, '-a@4'],
    [1, '-a@4,-b@4'],
  ])
})

test('W2 created comes first and says where the store is', () => {
  const it = new Door()
  it.open()
  it.store.put('a')
  it.create('a', '', { startRevision: 2 })
  assert.deepEqual(it.heard(), [])
  it.begin()
  it.settle()
  const [created, events] = it.heard()
  assert.deepEqual([created?.created, created?.header.revision], [true, 2])
  assert.deepEqual(events?.events.map(short), ['a@2'])
})

test('W3 ids: counted from 0 past used ones, picked ones kept, duplicates refused', () => {
  const it = door()
  it.create('a')
  it.create('a', '', { watchId: 1 })
  it.create('a')
  it.create('a', '', { watchId: 2 })
  const heard = it.heard()
  assert.deepEqual(
    heard.map((r) => r.watchId),
    [0, 1, 2, -1],
  )
  assert.equal(heard[3]?.cancelReason, 'mvcc: duplicate watch ID provided on the WatchStream')
  it.put('a')
  assert.deepEqual(
    it.heard().map((r) => r.watchId),
    [0, 1, 2],
  )
})

test('W4 from now, from the past, from the future, from below 0', () => {
  const it = new Door()
  it.store.put('a')
  it.store.put('a')
  it.begin()
  it.open()
  it.create('a', '', { startRevision: 2 })
  it.create('a')
  it.create('a', '', { startRevision: 5 })
  it.create('a', '', { startRevision: -1 })
  it.settle()
  it.put('a')
  it.put('a')
  it.put('a')
  const seen = (id: number) => all.filter((r) => r.watchId === id)
  const all = it.heard()
  assert.deepEqual(
    seen(0).flatMap((r) => r.events.map(short)),
    ['a@2', 'a@3', 'a@4', 'a@5', 'a@6'],
  )
  assert.deepEqual(
    seen(1).flatMap((r) => r.events.map(short)),
    ['a@4', 'a@5', 'a@6'],
  )
  assert.deepEqual(
    seen(2).flatMap((r) => r.events.map(short)),
    ['a@5', 'a@6'],
  )
  assert.equal(seen(-1)[0]?.cancelReason, 'mvcc: required revision has been compacted')
})

test('W5 a start below the compaction is created, then canceled with its revision; at it is valid', () => {
  const it = new Door()
  for (let i = 0; i < 5; i++) it.store.put('a')
  it.store.compact(4)
  it.store.scrub()
  it.open()
  it.begin()
  it.create('a', '', { startRevision: 3 })
  it.create('a', '', { startRevision: 4 })
  it.settle()
  const heard = it.heard()
  assert.deepEqual(
    heard.map((r) => [r.watchId, r.created, r.canceled, r.compactRevision, r.cancelReason]),
    [
      [0, true, false, 0, ''],
      [0, false, true, 4, ''],
      [1, true, false, 0, ''],
      [1, false, false, 0, ''],
    ],
  )
  assert.equal(heard[1]?.header.revision, 0)
  assert.deepEqual(heard[3]?.events.map(short), ['a@4', 'a@5', 'a@6'])
  assert.equal(it.set.watcherCount, 1)
})

test('W5, #19179 a watch from the compact revision gets the deletion there', () => {
  const it = new Door()
  it.store.put('a')
  it.store.del('a')
  it.store.compact(3)
  it.store.scrub()
  it.open()
  it.begin()
  it.create('a', '', { startRevision: 3 })
  it.settle()
  assert.deepEqual(it.events(), ['-a@3'])
})

test('W5 a compaction the door has not heard of is learnt from the history', () => {
  const it = new Door()
  for (let i = 0; i < 5; i++) it.store.put('a')
  it.open()
  it.begin()
  it.create('a', '', { startRevision: 2 })
  it.store.compact(4)
  it.settle()
  const [, canceled] = it.heard()
  assert.deepEqual([canceled?.canceled, canceled?.compactRevision], [true, 4])
})

test('W6 cancel: a known id is answered and silent after, an unknown one is not answered', () => {
  const it = door()
  it.create('a')
  it.heard()
  it.take(it.set.cancel(1, 0))
  it.take(it.set.cancel(1, 0))
  it.take(it.set.cancel(1, 9))
  const heard = it.heard()
  assert.equal(heard.length, 1)
  assert.deepEqual([heard[0]?.canceled, heard[0]?.watchId, heard[0]?.cancelReason], [true, 0, ''])
  it.put('a')
  assert.deepEqual(it.heard(), [])
})

test('W7 progress is answered when all watchers are synced, else not at all', () => {
  const it = door()
  it.put('a')
  it.take(it.set.progress(1))
  assert.deepEqual(it.heard(), [])
  it.create('a', '', { startRevision: 2 })
  it.heard()
  it.take(it.set.status({ revision: 50, compactRevision: -1, term: 1 }))
  it.take(it.set.progress(1))
  assert.deepEqual(
    it.heard().filter((r) => r.watchId === -1),
    [],
  )
})

test('W7, #15220 progress comes behind events that wait for their previous values', () => {
  const it = door()
  it.create('a', '', { prevKv: true })
  it.put('a', '1')
  it.put('a', '2')
  it.heard()
  it.take(it.set.progress(1))
  assert.deepEqual(it.heard(), [])
  it.settle()
  const [event, progress] = it.heard()
  assert.deepEqual([event?.events.map(short), event?.header.revision], [['a@3'], 3])
  assert.deepEqual([progress?.watchId, progress?.header.revision], [-1, 3])
})

test('W7, #20221 no progress for a watcher of the future', () => {
  const it = door()
  it.create('a', '', { startRevision: 9, progressNotify: true })
  it.heard()
  it.take(it.set.progress(1))
  it.take(it.set.progressTick())
  it.put('a')
  assert.deepEqual(it.heard(), [])
})

test('W8 progress_notify: its own id, and not in an interval in which it heard an event', () => {
  const it = door()
  it.create('a', '', { progressNotify: true })
  it.create('b')
  it.heard()
  it.put('a')
  it.heard()
  it.take(it.set.progressTick())
  assert.deepEqual(it.heard(), [])
  it.put('b')
  it.heard()
  it.take(it.set.progressTick())
  const [notice, ...more] = it.heard()
  assert.deepEqual([notice?.watchId, notice?.header.revision, more.length], [0, 3, 0])
})

test('W9 prev_kv: the pair replaced, none for creations, none when compacted', () => {
  const it = door()
  it.create('a', '\0', { prevKv: true })
  it.heard()
  it.put('a', '1')
  it.put('a', '2')
  it.del('a')
  it.settle()
  const prev = it.heard().flatMap((r) => r.events.map((e) => e.prevKv && text(e.prevKv.value)))
  assert.deepEqual(prev, [undefined, '1', '2'])
  it.store.compact(4)
  it.store.scrub()
  it.take(it.set.status(it.status()))
  it.create('a', '', { prevKv: true, startRevision: 4 })
  it.settle()
  const [created, deleted] = it.heard()
  assert.equal(created?.created, true)
  assert.deepEqual([deleted?.events[0]?.type, deleted?.events[0]?.prevKv], ['delete', undefined])
})

test('W9 a previous value many watchers want is asked for once', () => {
  const it = door()
  for (let i = 0; i < 10; i++) it.create('a', '', { prevKv: true })
  it.put('a', '1')
  it.put('a', '2')
  assert.deepEqual(
    it.previous.map((request) => request.pairs.length),
    [1],
  )
  it.heard()
  it.settle()
  const heard = it.heard()
  assert.equal(heard.length, 10)
  assert.equal(heard[0]?.events[0], heard[9]?.events[0])
})

test('W10 all events of a revision in one response; fragments only where asked, marked but the last', () => {
  const it = door()
  it.create('a', '\0')
  it.create('a', '\0', { fragment: true })
  it.heard()
  for (const key of ['a', 'b', 'c', 'd', 'e']) it.store.put(key, 'x'.repeat(30))
  it.take(it.set.status(it.status()))
  it.settle()
  it.heard()
  it.del('a', '\0')
  const [whole, ...pieces] = it.heard()
  assert.deepEqual([whole?.watchId, whole?.events.length], [0, 5])
  assert(pieces.length > 1)
  assert.deepEqual(
    pieces.map((r) => r.fragment),
    [...pieces.slice(1).map(() => true), false],
  )
  assert.deepEqual(
    pieces.flatMap((r) => r.events.map(short)),
    whole?.events.map(short),
  )
})

test('W11 header: live the revision of the events, caught up that of the store', () => {
  const it = door()
  it.put('a')
  it.put('b')
  it.create('a', '', { startRevision: 2 })
  it.settle()
  it.put('a')
  it.put('b')
  const heard = it.heard()
  assert.deepEqual(
    heard.map((r) => [r.header.revision, r.events.map(short).join()]),
    [
      [3, ''],
      [3, 'a@2'],
      [4, 'a@4'],
    ],
  )
})

test('W12 what is filtered out sends nothing', () => {
  const it = door()
  it.create('a', '', { noPut: true })
  it.heard()
  it.put('a')
  assert.deepEqual(it.heard(), [])
})
