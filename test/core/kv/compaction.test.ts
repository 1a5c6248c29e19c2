import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestStore, text } from './store.ts'

test('C1 what may be compacted: above the last, not above the current, 0 once on a fresh store', () => {
  const store = new TestStore()
  assert.equal(store.compact(0), undefined)
  assert.equal(store.compact(0), 'compacted')
  store.put('a')
  assert.equal(store.compact(3), 'future-revision')
  assert.equal(store.compact(2), undefined)
  assert.equal(store.compact(2), 'compacted')
  assert.equal(store.compact(1), 'compacted')
  assert.equal(store.machine.compactRevision, 2)
})

test('C2 below a compaction reads fail, at it and above they work, and what is superseded goes', () => {
  const store = new TestStore()
  store.put('a', '1') // 2
  store.put('a', '2') // 3
  store.put('b', '1') // 4
  store.put('a', '3') // 5
  store.compact(4)
  store.scrub()
  assert.deepEqual([...store.rows.keys()].sort(), ['3/0', '4/0', '5/0'])
  assert.equal(store.tryRange('a', '', { revision: 3 }), 'compacted')
  assert.equal(text(store.get('a', 4)?.value as Uint8Array), '2')
  assert.equal(text(store.get('a', 5)?.value as Uint8Array), '3')
})

test('C2 a tombstone below the compaction goes, one exactly at it stays until the next', () => {
  const store = new TestStore()
  store.put('a') // 2
  store.del('a') // 3
  store.compact(3)
  store.scrub()
  assert.deepEqual([...store.rows.keys()], ['3/0'])
  const [event] = store.machine.eventsOf(store.history(3, 3))
  assert.deepEqual([event?.type, event?.kv.modRevision], ['delete', 3])
  store.put('b') // 4
  store.compact(4)
  store.scrub()
  assert.deepEqual([...store.rows.keys()], ['4/0'])
  assert.equal(store.get('a'), undefined)
  store.machine.audit()
})

test('C2 a key deleted and made again keeps only its new life', () => {
  const store = new TestStore()
  store.put('a') // 2
  store.del('a') // 3
  store.put('a', 'again') // 4
  store.compact(4)
  store.scrub()
  assert.deepEqual([...store.rows.keys()], ['4/0'])
  const kv = store.put('a', 'more').events[0]?.kv
  assert.deepEqual([kv?.createRevision, kv?.version], [4, 2])
})

test('C3 the scrub goes in steps of bounded size and may be overtaken by writes', () => {
  const store = new TestStore()
  for (let round = 0; round < 4; round++) for (const key of 'abcdefgh') store.put(key)
  store.compact(store.machine.revision)
  let steps = 0
  while (store.machine.scrubbing) {
    const writes = store.machine.scrubStep(5)
    assert(writes.filter((write) => write.row === 'drop').length <= 5)
    store.write(writes)
    store.put('c', `${steps++}`)
  }
  assert(steps >= 5)
  assert.equal(store.rows.size, 8 + steps)
  store.machine.audit()
})

test('C3 an interrupted scrub goes on after a restart, and the revision does not go back', () => {
  const store = new TestStore()
  for (let i = 0; i < 50; i++) store.put('a', `${i}`)
  store.del('a')
  store.put('b')
  store.compact(52)
  store.compact(53)
  store.write(store.machine.scrubStep(7))
  const again = store.restarted()
  assert.equal(again.machine.revision, 53)
  assert.equal(again.machine.compactRevision, 53)
  assert.equal(again.machine.scrubbing, true)
  again.scrub()
  assert.deepEqual([...again.rows.keys()], ['53/0'])
  assert.equal(again.restarted().machine.scrubbing, false)
})

test('#17780 all versions compacted away: the revision still stands after a restart', () => {
  const store = new TestStore()
  store.put('a') // 2
  store.del('a') // 3
  store.grant(5n)
  store.put('b') // 4
  store.del('b') // 5
  store.compact(5)
  store.scrub()
  const again = store.restarted()
  assert.equal(again.machine.revision, 5)
  assert.equal(again.put('c').revision, 6)
})

test('a pin holds the floor, and only as long as it is held', () => {
  const store = new TestStore()
  store.put('a', '1') // 2
  const pin = store.machine.pin(2)
  store.put('a', '2') // 3
  store.compact(3)
  store.scrub()
  assert.equal(store.rows.size, 2)
  pin.release()
  pin.release()
  store.scrub()
  assert.deepEqual([...store.rows.keys()], ['3/0'])
})

test('a snapshot image stays whole while compactions and writes go on', () => {
  const store = new TestStore()
  store.grant(7n)
  store.put('a', '1', { lease: 7n }) // 2
  store.put('a', '2', { lease: 7n }) // 3
  store.put('b', '1') // 4
  const image = store.machine.image()
  store.put('a', '3') // 5
  store.del('b') // 6
  store.revoke(7n)
  store.compact(6)
  store.scrub()
  const copy = new TestStore()
  for (const row of store.sortedRows()) {
    if (row.at.main <= image.meta.revision) copy.rows.set(`${row.at.main}/${row.at.sub}`, row)
  }
  for (const lease of image.leases) copy.leases.set(lease.id, lease)
  const installed = copy.restarted(image.meta)
  image.release()
  assert.equal(installed.machine.revision, 4)
  assert.equal(text(installed.get('a')?.value as Uint8Array), '2')
  assert.deepEqual(installed.machine.leaseKeys(7n).map(text), ['a'])
  assert.equal(installed.machine.stateHash(), image.meta.hash)
  store.scrub()
  assert.equal(store.rows.size, 2)
})
