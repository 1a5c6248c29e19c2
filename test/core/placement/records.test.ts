/** Stores, ids, namespaces and the safe point: what the driver keeps, and keeps apart. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nodeName } from '../../../src/base/ids.ts'
import { Ids } from '../../../src/core/placement/ids.ts'
import {
  createNamespace,
  dropNamespace,
  isNamespaceName,
  sweep,
} from '../../../src/core/placement/namespaces.ts'
import { Picture } from '../../../src/core/placement/picture.ts'
import type { Change, StoreRecord } from '../../../src/core/placement/records.ts'
import { advanced, held } from '../../../src/core/placement/safe-point.ts'
import { pickStores } from '../../../src/core/placement/spread.ts'
import { contactOf, takeBeat } from '../../../src/core/placement/stores.ts'
import { compose } from '../../../src/core/region/timestamps.ts'
import { changeIn, rowOf } from '../../../src/wire/driver-records.ts'
import { LIMITS, LOAD, ModelCluster } from './cluster.ts'

const n1 = nodeName('n1')
const beat = (incarnation: string) => ({ name: n1, incarnation, labels: [], load: LOAD })

/** What another driver would find on disk. */
function reloaded(changes: readonly Change[]): Picture {
  const rows = new Map<string, Uint8Array>()
  for (const change of changes) {
    const { key, value } = rowOf(change)
    if (value === undefined) rows.delete(key)
    else rows.set(key, value)
  }
  const picture = new Picture()
  for (const [key, value] of rows) picture.load(changeIn(key, value) as Change)
  return picture
}

test('ids are never given twice, whatever drivers come and go', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 8 })),
      (drivers) => {
        const changes: Change[] = []
        const given = new Set<number>()
        for (const takes of drivers) {
          const picture = reloaded(changes)
          const ids = new Ids(picture)
          for (const count of takes) {
            const first = ids.take(count)
            changes.push(...picture.takeChanges())
            assert.ok(picture.ids.next >= first + count, 'given before it was taken on disk')
            for (let id = first; id < first + count; id++) {
              assert.ok(!given.has(id), `${id} twice`)
              given.add(id)
            }
          }
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('every id that is given lies below what is on disk', () => {
  const picture = new Picture()
  const ids = new Ids(picture)
  for (let i = 0; i < 3000; i++) assert.ok(ids.take(1) < picture.ids.next)
})

test('a disk that was emptied is another store, and the old one is never heard again', () => {
  const picture = new Picture()
  assert.equal(takeBeat(picture, beat('one'), 0), undefined)
  assert.equal(takeBeat(picture, beat('two'), 1), undefined)
  assert.equal(takeBeat(picture, beat('one'), 2), 'former-incarnation')
  assert.equal(picture.stores.get(n1)?.incarnation, 'two')
  assert.deepEqual(picture.stores.get(n1)?.former, ['one'])
})

test('a store that was taken out is heard again only once it is set up, or comes with another disk', () => {
  const picture = new Picture()
  takeBeat(picture, beat('one'), 0)
  const record = picture.stores.get(n1) as StoreRecord
  picture.put({ of: 'store', id: n1, now: { ...record, state: 'gone' } })
  assert.equal(takeBeat(picture, beat('one'), 1), 'gone')
  assert.equal(takeBeat(picture, beat('two'), 2), undefined)
  assert.equal(picture.stores.get(n1)?.state, 'up')
})

test('a store is live, then silent, then dead; a new driver gives it as long from its own beginning', () => {
  const picture = new Picture()
  takeBeat(picture, beat('one'), 1000)
  const at = (nowMs: number) => contactOf(picture, n1, LIMITS, 0, nowMs)
  assert.equal(at(1000 + LIMITS.silentMs - 1), 'live')
  assert.equal(at(1000 + LIMITS.silentMs), 'silent')
  assert.equal(at(1000 + LIMITS.deadMs), 'dead')
  const fresh = reloaded(picture.takeChanges())
  assert.equal(contactOf(fresh, n1, LIMITS, 50_000_000, 50_000_000), 'live')
})

test('a namespace is made over stores in different zones and goes with all its regions', () => {
  const cluster = new ModelCluster()
  for (const [name, zone] of [
    ['n1', 'a'],
    ['n2', 'a'],
    ['n3', 'b'],
    ['n4', 'c'],
  ] as const) {
    cluster.store(name, zone)
  }
  cluster.beat()
  const { picture, ids } = cluster
  const stores = pickStores(cluster.view, 3)
  assert.deepEqual(new Set(stores.map(({ labels }) => labels[0]?.value)), new Set(['a', 'b', 'c']))
  const namespace = createNamespace(picture, ids, 'cache', 'eventual', stores)
  const changes = picture.takeChanges()
  const later = reloaded(changes)
  assert.deepEqual(later.namespaces.get('cache')?.namespace, namespace)
  assert.equal(later.regions.of(namespace.id).length, 1)
  assert.deepEqual(
    [...later.foundings.values()][0]?.waits,
    stores.map(({ name }) => name),
  )
  // Only the first of it reached the disk: the next driver finds regions of nothing.
  const half = reloaded([...changes, { of: 'namespace', id: 'cache', now: undefined }])
  assert.equal(sweep(half).length, 1)
  assert.equal(half.regions.size + half.foundings.size, 0)
  const dropped = dropNamespace(later, 'cache')
  assert.equal(dropped.length, 1)
  const empty = reloaded([...changes, ...later.takeChanges()])
  assert.equal(empty.regions.size + empty.foundings.size, 0)
  assert.equal(empty.namespaceOf(namespace.id), undefined)
})

test('names of namespaces', () => {
  for (const good of ['a', 'default', 'k8s.io_x-1']) assert.ok(isNamespaceName(good), good)
  for (const bad of ['', 'A', '-a', 'a-', 'a/b', 'a'.repeat(64)]) {
    assert.ok(!isNamespaceName(bad), bad)
  }
})

test('the safe point trails the clock, waits for whoever holds it, and never goes back', () => {
  const now = 1_000_000
  const none = { safePoint: compose(0, 0), holds: [] }
  const first = advanced(none, compose(now, 5), 600_000)
  assert.equal(first.safePoint, compose(400_000, 0))
  const hold = { service: 'backup', at: compose(450_000, 0), untilMs: now + 60_000 }
  const kept = held(first, hold)
  assert.ok(kept)
  const waiting = advanced(kept, compose(now + 59_000, 0), 0)
  assert.equal(waiting.safePoint, hold.at)
  const over = advanced(waiting, compose(now + 60_000, 0), 0)
  assert.equal(over.safePoint, compose(now + 60_000, 0))
  assert.deepEqual(over.holds, [])
  assert.equal(advanced(over, compose(now, 0), 0).safePoint, over.safePoint, 'it went back')
  assert.equal(held(over, hold), undefined, 'too late')
  const released = held(kept, { ...hold, untilMs: 0 })
  assert.deepEqual(released?.holds, [])
})
