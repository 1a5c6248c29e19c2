import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WatchHub } from '../../../src/core/watch/hub.ts'
import { TestStore } from '../kv/store.ts'

const status = (revision: number) => ({ revision, compactRevision: -1, term: 1 })

test('WATCH-I1 a shard hears the status first, then each revision once', () => {
  const store = new TestStore()
  const hub = new WatchHub(status(1))
  const { events } = store.put('a')
  assert.deepEqual(hub.applied(2, 1, events), [])
  assert.deepEqual(hub.subscribe(3), [{ type: 'status', shard: 3, status: status(2) }])
  hub.subscribe(4)
  hub.subscribe(4)
  const told = hub.applied(3, 2, events)
  assert.deepEqual(
    told.map((effect) => [effect.type, effect.shard]),
    [
      ['revision', 3],
      ['revision', 4],
    ],
  )
  assert.throws(() => hub.applied(3, 2, events))
  hub.unsubscribe(3)
  assert.deepEqual(hub.announce(status(9)), [{ type: 'status', shard: 4, status: status(9) }])
})
