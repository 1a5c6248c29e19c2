/** Watch streams that are slow, cut off, closed, or behind a group that jumped ahead or began anew (W13, W14). */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { opDelete, opPut, txn } from '../kv/store.ts'
import { Door, door, short, watch } from './door.ts'

test('W13 a slow stream gets no more than its window, loses nothing, and holds up nobody', () => {
  const it = new Door().begin()
  it.open(1, 3)
  it.open(2, 1000)
  it.create('a')
  it.take(it.set.create(2, watch('a')))
  for (let i = 0; i < 600; i++) it.put('a', `${i}`)
  assert.equal(it.heard(2).length, 601)
  const slow = it.heard(1)
  assert.equal(slow.length, 3)
  let events = slow.flatMap((r) => r.events.map(short))
  for (let i = 0; i < 400 && events.length < 600; i++) {
    it.take(it.set.consumed(1, i === 0 ? 3 : 1))
    it.settle()
    const heard = it.heard(1)
    assert(heard.length <= 3)
    events = [...events, ...heard.flatMap((r) => r.events.map(short))]
  }
  assert.deepEqual(
    events,
    Array.from({ length: 600 }, (_, i) => `a@${i + 2}`),
  )
})

test('W14, #15271 after a snapshot jumped ahead watchers read what they missed, once and in order', () => {
  const it = door()
  it.create('a', '\0')
  it.put('a')
  for (const key of ['a', 'b', 'c']) it.store.put(key)
  it.take(it.set.status(it.status()))
  it.put('d')
  it.settle()
  it.put('e')
  assert.deepEqual(it.events(), ['a@2', 'a@3', 'b@4', 'c@5', 'd@6', 'e@7'])
})

test('W14 a group that began anew behind the door repeats itself in vain', () => {
  const it = door()
  it.create('a')
  it.put('a')
  const again = it.store.put('a')
  it.tell(again)
  it.take(it.set.status({ revision: 1, compactRevision: -1, term: 2 }))
  it.tell(again)
  it.put('a')
  assert.deepEqual(it.events(), ['a@2', 'a@3', 'a@4'])
  assert.equal(it.set.revision, 4)
})

test('history the group does not have yet is not asked for in a loop', () => {
  const it = door()
  it.create('a')
  it.take(it.set.status({ revision: 5, compactRevision: -1, term: 1 }))
  const [request] = it.history.splice(0)
  it.take(it.set.history(request?.ticket ?? 0, { type: 'events', through: 1, events: [] }))
  assert.deepEqual(it.history, [])
  for (let i = 0; i < 5; i++) it.store.put('a')
  it.take(it.set.retry())
  it.settle()
  assert.deepEqual(it.events(), ['a@2', 'a@3', 'a@4', 'a@5'])
})

test('what was not answered is asked again on retry, and an answer too many is ignored', () => {
  const it = new Door()
  it.store.put('a', '1')
  it.store.put('a', '2')
  it.begin()
  it.open()
  it.create('a', '', { startRevision: 2, prevKv: true })
  const [lost] = it.history.splice(0)
  it.take(it.set.retry())
  assert.deepEqual(it.history, [lost])
  it.answerHistory()
  it.take(it.set.history(lost?.ticket ?? 0, { type: 'events', through: 3, events: [] }))
  const [unheard] = it.previous.splice(0)
  it.take(it.set.retry())
  assert.deepEqual(it.previous, [unheard])
  it.settle()
  it.take(it.set.previous(unheard?.ticket ?? 0, [undefined]))
  assert.deepEqual(it.events(), ['a@2', 'a@3'])
})

test('a closed stream hears nothing more, whatever was on its way', () => {
  const it = new Door()
  it.store.put('a', '1')
  it.begin()
  it.open()
  it.create('a', '', { prevKv: true, startRevision: 2 })
  it.create('a', '', { prevKv: true })
  it.put('a', '2')
  assert.deepEqual([it.history.length, it.previous.length], [1, 1])
  it.set.close(1)
  it.settle()
  it.put('a')
  assert.deepEqual(
    it.heard().map((r) => r.created),
    [true, true],
  )
  assert.equal(it.set.watcherCount, 0)
})

test('W5, W13 a deletion at the compact revision reaches a watcher that had no room for it', () => {
  const it = new Door()
  it.store.put('b')
  it.begin()
  it.open(1, 1)
  it.create('a', '\0', { startRevision: 3 })
  const request = txn([], [opDelete('b', 'd'), opPut('a')])
  it.tell(it.store.apply({ op: 'txn', request }))
  it.store.put('a')
  it.store.compact(3)
  it.store.scrub()
  it.take(it.set.status(it.status()))
  it.take(it.set.consumed(1, 1))
  it.settle()
  it.take(it.set.consumed(1, 1))
  it.settle()
  assert.deepEqual(it.events(), ['-b@3', 'a@3', 'a@4'])
})
