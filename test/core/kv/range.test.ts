import assert from 'node:assert/strict'
import { test } from 'node:test'
import { range, TestStore, text } from './store.ts'

function abc(): TestStore {
  const store = new TestStore()
  store.put('a', '3') // revision 2
  store.put('b', '1') // 3
  store.put('c', '2') // 4
  store.put('b', '9') // 5: version 2
  return store
}

test('an empty store is at revision 1 and its first write at 2', () => {
  const store = new TestStore()
  assert.equal(store.machine.revision, 1)
  assert.equal(store.put('a').revision, 2)
})

test('K1 ranges: one key, half open, from a key on, everything', () => {
  const store = abc()
  assert.deepEqual(store.keys('b'), ['b'])
  assert.deepEqual(store.keys('a', 'c'), ['a', 'b'])
  assert.deepEqual(store.keys('b', '\0'), ['b', 'c'])
  assert.deepEqual(store.keys('\0', '\0'), ['a', 'b', 'c'])
})

test('K1 an end at or below the key is an empty answer, no error', () => {
  const store = abc()
  assert.deepEqual(store.range('c', 'a'), { kvs: [], more: false, count: 0 })
  assert.deepEqual(store.range('b', 'b'), { kvs: [], more: false, count: 0 })
})

test('K1 order is bytewise, beyond 0x7f too', () => {
  const store = new TestStore()
  for (const key of ['\xff', 'a\0', 'a', '\x80', 'a\xff', 'b']) store.put(key)
  assert.deepEqual(store.keys('\0', '\0'), ['a', 'a\0', 'a\xff', 'b', '\x80', '\xff'])
})

test('K2, K7 a limit truncates and says so; none or a negative one does not', () => {
  const store = abc()
  assert.deepEqual(store.keys('a', '\0', { limit: 2 }), ['a', 'b'])
  assert.equal(store.range('a', '\0', { limit: 2 }).more, true)
  assert.equal(store.range('a', '\0', { limit: 3 }).more, false)
  assert.equal(store.range('a', '\0', { limit: -1 }).kvs.length, 3)
})

test('K3 reads in the past; the future and the compacted are refused', () => {
  const store = abc()
  assert.equal(text(store.get('b', 3)?.value as Uint8Array), '1')
  assert.equal(store.get('b', 2), undefined)
  assert.equal(store.tryRange('b', '', { revision: 6 }), 'future-revision')
  assert.equal(store.range('b', '', { revision: -5 }).kvs[0]?.version, 2)
  store.compact(4)
  assert.equal(store.tryRange('b', '', { revision: 3 }), 'compacted')
  assert.equal(store.range('b', '', { revision: 4 }).kvs[0]?.version, 1)
})

test('K4 sorting by every target, both ways, before the limit', () => {
  const store = abc()
  const sorted = (sortTarget: 'key' | 'version' | 'create' | 'mod' | 'value', limit = 0) => [
    store.keys('a', '\0', { sortTarget, sortOrder: 'ascend', limit }).join(''),
    store.keys('a', '\0', { sortTarget, sortOrder: 'descend', limit }).join(''),
  ]
  assert.deepEqual(sorted('key'), ['abc', 'cba'])
  assert.deepEqual(sorted('mod'), ['acb', 'bca'])
  assert.deepEqual(sorted('create'), ['abc', 'cba'])
  assert.deepEqual(sorted('value'), ['cab', 'bac'])
  assert.deepEqual(sorted('value', 1), ['c', 'b'])
  assert.deepEqual(sorted('mod', 2), ['ac', 'bc'])
  assert.equal(sorted('version')[0]?.at(-1), 'b')
  assert.equal(sorted('version')[1]?.at(0), 'b')
})

test('K4 a target other than the key without an order ascends', () => {
  const store = abc()
  assert.deepEqual(store.keys('a', '\0', { sortTarget: 'mod' }), ['a', 'c', 'b'])
  assert.deepEqual(store.keys('a', '\0', { sortTarget: 'value' }), ['c', 'a', 'b'])
})

test('K5 bounds of mod and create revisions are inclusive and come before the limit', () => {
  const store = abc()
  assert.deepEqual(store.keys('a', '\0', { minModRevision: 4 }), ['b', 'c'])
  assert.deepEqual(store.keys('a', '\0', { maxModRevision: 4 }), ['a', 'c'])
  assert.deepEqual(store.keys('a', '\0', { minCreateRevision: 3, maxCreateRevision: 3 }), ['b'])
  const limited = store.range('a', '\0', { minModRevision: 4, limit: 1 })
  assert.deepEqual([limited.kvs.length, limited.more, limited.count], [1, true, 3])
  assert.equal(store.range('a', '\0', { minModRevision: 4, limit: 2 }).more, false)
})

test('K6 count ignores limit and filters', () => {
  const store = abc()
  assert.equal(store.range('a', '\0', { limit: 1 }).count, 3)
  assert.equal(store.range('a', '\0', { minModRevision: 5 }).count, 3)
  assert.equal(store.range('a', '\0', { revision: 3 }).count, 2)
})

test('K8 count_only answers the count alone', () => {
  const store = abc()
  const answer = { kvs: [], more: false, count: 3 }
  assert.deepEqual(store.range('a', '\0', { countOnly: true, limit: 1 }), answer)
  assert.deepEqual(
    store.range('a', '\0', { countOnly: true, sortTarget: 'value', sortOrder: 'descend' }),
    answer,
  )
})

test('K9 keys_only clears values, and still sorts by the real ones', () => {
  const store = abc()
  const { kvs } = store.range('a', '\0', { keysOnly: true, sortTarget: 'value' })
  assert.deepEqual(
    kvs.map((kv) => [text(kv.key), kv.value.length, kv.modRevision]),
    [
      ['c', 0, 4],
      ['a', 0, 2],
      ['b', 0, 5],
    ],
  )
})

test('a range in steps sees its own revision, whatever is written and compacted meanwhile', () => {
  const store = new TestStore()
  for (let i = 0; i < 20; i++) store.put(`k${String(i).padStart(2, '0')}`, 'old')
  const scan = store.machine.beginRange({ ...range('\0', '\0') })
  assert(typeof scan !== 'string')
  assert.equal(scan.step(5), false)
  for (let i = 0; i < 20; i += 2) store.put(`k${String(i).padStart(2, '0')}`, 'new')
  store.del('k15')
  store.put('k055', 'in between')
  store.compact(store.machine.revision)
  store.scrub()
  while (!scan.step(5)) assert(!scan.done)
  const { kvs, count } = scan.finish(scan.rows.map((at) => store.value(at)))
  assert.equal(count, 20)
  assert(kvs.every((kv) => text(kv.value) === 'old'))
  scan.release()
  scan.release()
  store.scrub()
  assert.equal(store.rows.size, 20)
})
