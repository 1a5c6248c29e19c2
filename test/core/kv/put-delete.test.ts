import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf, only, TestStore, text } from './store.ts'

test('K11 every put makes a revision, also of the same value; create and version as etcd counts', () => {
  const store = new TestStore()
  store.put('a', 'x')
  store.put('a', 'x')
  assert.deepEqual(facts(store), [2, 3, 2])
  store.del('a')
  store.put('a', '')
  assert.deepEqual(facts(store), [5, 5, 1])
  assert.equal(store.get('a')?.value.length, 0)
})

test('K11 an unknown lease is refused and nothing happens', () => {
  const store = new TestStore()
  const applied = store.put('a', 'x', { lease: 7n })
  assert.equal(errorOf(applied), 'lease-not-found')
  assert.deepEqual([applied.writes, applied.events, applied.revision], [[], [], 1])
  assert.equal(store.get('a'), undefined)
  store.machine.audit()
})

test('K11, L10 a put without a lease takes the key off the one it hung on; another moves it', () => {
  const store = new TestStore()
  store.grant(7n)
  store.grant(8n)
  store.put('a', 'x', { lease: 7n })
  assert.deepEqual(store.machine.leaseKeys(7n).map(text), ['a'])
  store.put('a', 'x', { lease: 8n })
  assert.deepEqual(store.machine.leaseKeys(7n).map(text), [])
  assert.deepEqual(store.machine.leaseKeys(8n).map(text), ['a'])
  store.put('a', 'y')
  assert.deepEqual(store.machine.leaseKeys(8n).map(text), [])
  assert.equal(store.get('a')?.lease, 0n)
})

test('K12 prev_kv is the pair replaced, absent if there was none', () => {
  const store = new TestStore()
  const previous = () => only(store.put('a', 'y', { prevKv: true }).result, 'put').response.prevKv
  assert.equal(previous(), undefined)
  store.put('a', 'z')
  assert.equal(text(previous()?.value as Uint8Array), 'z')
  store.del('a')
  assert.equal(previous(), undefined)
})

test('K13 ignore_value keeps the value; a missing key is "key not found"', () => {
  const store = new TestStore()
  assert.equal(errorOf(store.put('a', '', { ignoreValue: true })), 'key-not-found')
  store.put('a', 'kept')
  store.grant(7n)
  store.put('a', '', { ignoreValue: true, lease: 7n })
  const kv = store.get('a')
  assert.deepEqual([text(kv?.value as Uint8Array), kv?.lease, kv?.version], ['kept', 7n, 2])
  store.del('a')
  assert.equal(errorOf(store.put('a', '', { ignoreValue: true })), 'key-not-found')
})

test('K14 ignore_lease keeps the lease; a missing key is "key not found"', () => {
  const store = new TestStore()
  assert.equal(errorOf(store.put('a', 'x', { ignoreLease: true })), 'key-not-found')
  store.grant(7n)
  store.put('a', 'x', { lease: 7n })
  store.put('a', 'y', { ignoreLease: true })
  assert.equal(store.get('a')?.lease, 7n)
  assert.deepEqual(store.machine.leaseKeys(7n).map(text), ['a'])
})

test('K15 one revision for all deletes, a sub for each key in order; nothing deleted, no revision', () => {
  const store = new TestStore()
  for (const key of ['c', 'a', 'b', 'd']) store.put(key, key)
  const applied = store.del('a', 'd', true)
  const { deleted, prevKvs } = only(applied.result, 'delete-range').response
  assert.equal(deleted, 3)
  assert.deepEqual(
    prevKvs.map((kv) => text(kv.value)),
    ['a', 'b', 'c'],
  )
  assert.deepEqual(
    applied.writes.map((w) => w.row === 'tombstone' && [text(w.key), w.at.main, w.at.sub]),
    [
      ['a', 6, 0],
      ['b', 6, 1],
      ['c', 6, 2],
    ],
  )
  const nothing = store.del('a', 'd')
  assert.deepEqual([nothing.revision, nothing.writes.length], [6, 0])
  assert.deepEqual(store.keys('\0', '\0'), ['d'])
})

test('K15 deleted keys come off their leases', () => {
  const store = new TestStore()
  store.grant(7n)
  store.put('a', 'x', { lease: 7n })
  store.del('a')
  assert.deepEqual(store.machine.leaseKeys(7n), [])
  assert.equal(store.revoke(7n).events.length, 0)
})

test('W9 events carry what watchers need: the new pair, or key and revision of a deletion', () => {
  const store = new TestStore()
  const [created] = store.put('a', 'x').events
  assert.deepEqual([created?.type, created?.kv.version, created?.previousRevision], ['put', 1, 0])
  const [changed] = store.put('a', 'y').events
  assert.equal(changed?.previousRevision, 2)
  const [deleted] = store.del('a').events
  assert.deepEqual(
    [deleted?.type, deleted?.kv.modRevision, deleted?.kv.createRevision, deleted?.previousRevision],
    ['delete', 4, 0, 3],
  )
  assert.deepEqual(store.machine.eventsOf(store.history(2, 4)), [created, changed, deleted])
})

function facts(store: TestStore): unknown[] {
  const kv = store.get('a')
  return [kv?.createRevision, kv?.modRevision, kv?.version]
}
