import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LeaseRecord } from '../../../src/core/kv/applied.ts'
import { errorOf, TestStore, text } from './store.ts'

test('L1 a lease is granted once', () => {
  const store = new TestStore()
  const applied = store.apply({ op: 'lease-grant', id: 7n, ttl: 60 })
  assert.deepEqual(applied.result, { op: 'lease-grant', id: 7n, ttl: 60 })
  assert.deepEqual(applied.leaseEvents, [
    { type: 'granted', lease: { id: 7n, granted: 1, ttl: 60, remaining: 0 } },
  ])
  assert.equal(store.grant(7n), 'lease-exists')
  assert.equal(store.machine.revision, 1)
})

test('L2 a revoke deletes its keys sorted, in one revision; without keys it makes none', () => {
  const store = new TestStore()
  store.grant(7n)
  for (const key of ['b', 'c', 'a']) store.put(key, '', { lease: 7n })
  const applied = store.revoke(7n)
  assert.equal(applied.revision, 5)
  assert.deepEqual(
    applied.events.map((e) => [e.type, text(e.kv.key), e.kv.modRevision]),
    [
      ['delete', 'a', 5],
      ['delete', 'b', 5],
      ['delete', 'c', 5],
    ],
  )
  assert.equal(errorOf(store.revoke(7n)), 'lease-not-found')
  store.grant(8n)
  assert.deepEqual([store.revoke(8n).revision, store.machine.leaseCount], [5, 0])
  store.machine.audit()
})

test('L10 a revoke or checkpoint decided in another term is refused', () => {
  const store = new TestStore()
  store.grant(7n, 600)
  const half = { id: 7n, granted: 1, seconds: 300 }
  store.term = 3
  assert.equal(errorOf(store.revoke(7n, 2)), 'stale-revoke')
  const late = store.apply({ op: 'lease-checkpoint', term: 2, remaining: [half] })
  assert.equal(errorOf(late), 'stale-revoke')
  assert.equal(store.machine.lease(7n)?.remaining, 0)
  assert.equal(errorOf(store.revoke(7n, 3)), undefined)
})

test('L9 a checkpoint keeps what remains of known leases, and never more than was granted', () => {
  const store = new TestStore()
  store.grant(7n, 600)
  const remaining = [
    { id: 7n, granted: 1, seconds: 300 },
    { id: 8n, granted: 1, seconds: 100 },
  ]
  const applied = store.apply({ op: 'lease-checkpoint', term: 1, remaining })
  assert.deepEqual(applied.leaseEvents, [{ type: 'checkpointed', id: 7n, remaining: 300 }])
  assert.equal(store.restarted().machine.lease(7n)?.remaining, 300)
  store.apply({
    op: 'lease-checkpoint',
    term: 1,
    remaining: [{ id: 7n, granted: 1, seconds: 9999 }],
  })
  assert.equal(store.machine.lease(7n)?.remaining, 600)
})

test('L10 a revoke or checkpoint decided for a lease is refused for the next one of its id', () => {
  const store = new TestStore()
  store.grant(7n, 600)
  const { granted } = store.machine.lease(7n) as LeaseRecord
  store.revoke(7n)
  store.grant(7n, 600)
  store.put('a', '', { lease: 7n })
  assert.equal(errorOf(store.revoke(7n, 1, granted)), 'stale-revoke')
  const remaining = [{ id: 7n, granted, seconds: 1 }]
  assert.deepEqual(store.apply({ op: 'lease-checkpoint', term: 1, remaining }).leaseEvents, [])
  const lease = store.restarted().machine.lease(7n) as LeaseRecord
  assert.deepEqual([lease.remaining, lease.granted], [0, granted + 2])
  assert.equal(errorOf(store.revoke(7n, 1, lease.granted)), undefined)
})
