import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Compare, TxnRequest } from '../../../src/core/kv/types.ts'
import { errorOf, opDelete, opPut, opRange, opTxn, TestStore, text, txn, when } from './store.ts'

function holds(store: TestStore, ...compare: Compare[]): boolean {
  return store.txn(compare).succeeded
}

function refusal(store: TestStore, request: TxnRequest) {
  const before = store.machine.meta()
  const applied = store.apply({ op: 'txn', request })
  if (errorOf(applied) !== undefined) {
    assert.deepEqual([applied.writes, applied.events, applied.leaseEvents], [[], [], []])
    assert.equal(store.machine.revision, before.revision)
    store.machine.audit()
  }
  return errorOf(applied)
}

test('X1 all guards must hold, none is success; every target and result', () => {
  const store = new TestStore()
  store.grant(7n)
  store.put('a', 'm', { lease: 7n }) // 2
  store.put('a', 'm', { lease: 7n }) // 3
  assert.equal(holds(store), true)
  assert.equal(
    holds(store, when('a', 'version', 'equal', 2), when('a', 'create', 'equal', 2)),
    true,
  )
  assert.equal(holds(store, when('a', 'version', 'equal', 2), when('a', 'mod', 'equal', 2)), false)
  assert.equal(holds(store, when('a', 'mod', 'greater', 2), when('a', 'mod', 'less', 4)), true)
  assert.equal(holds(store, when('a', 'mod', 'greater', 3)), false)
  assert.equal(holds(store, when('a', 'mod', 'not-equal', 3)), false)
  assert.equal(holds(store, when('a', 'lease', 'equal', 7n)), true)
  assert.equal(holds(store, when('a', 'lease', 'less', 7n)), false)
  assert.equal(holds(store, when('a', 'value', 'equal', 'm')), true)
  assert.equal(holds(store, when('a', 'value', 'greater', 'lz')), true)
  assert.equal(holds(store, when('a', 'value', 'less', 'ma')), true)
  assert.equal(holds(store, when('a', 'value', 'not-equal', 'm')), false)
})

test('X2 a missing key compares as zeros, but never by value', () => {
  const store = new TestStore()
  store.put('gone')
  store.del('gone')
  for (const key of ['never', 'gone']) {
    for (const target of ['version', 'create', 'mod'] as const) {
      assert.equal(holds(store, when(key, target, 'equal', 0)), true)
      assert.equal(holds(store, when(key, target, 'greater', 0)), false)
      assert.equal(holds(store, when(key, target, 'less', 1)), true)
    }
    assert.equal(holds(store, when(key, 'lease', 'equal', 0n)), true)
    for (const result of ['equal', 'not-equal', 'less', 'greater'] as const) {
      assert.equal(holds(store, when(key, 'value', result, 'x')), false)
      assert.equal(holds(store, when(key, 'value', result, '')), false)
    }
  }
})

test('X3 over a range every key must hold; an empty range is a missing key', () => {
  const store = new TestStore()
  for (const key of ['a', 'b', 'c']) store.put(key, 'x')
  store.put('b', 'y')
  assert.equal(holds(store, when('a', 'version', 'greater', 0, 'd')), true)
  assert.equal(holds(store, when('a', 'version', 'equal', 1, 'd')), false)
  assert.equal(holds(store, when('c', 'version', 'equal', 1, '\0')), true)
  assert.equal(holds(store, when('a', 'value', 'equal', 'x', '\0')), false)
  assert.equal(holds(store, when('x', 'mod', 'equal', 0, 'z')), true)
  assert.equal(holds(store, when('x', 'value', 'not-equal', 'q', 'z')), false)
})

test('X4 guards of nested transactions see nothing of the outer one', () => {
  const store = new TestStore()
  const response = store.txn(
    [],
    [opPut('a', 'new'), opTxn([when('a', 'version', 'equal', 0)], [opPut('yes')], [opPut('no')])],
  )
  const nested = response.responses[1]
  assert(nested?.op === 'txn')
  assert.equal(nested.response.succeeded, true)
  assert.equal(nested.revision, 0)
  assert.deepEqual(store.keys('\0', '\0'), ['a', 'yes'])
})

test('X5 operations run in order and reads see those before; an old revision may be read', () => {
  const store = new TestStore()
  store.put('a', 'old') // 2
  const { responses } = store.txn(
    [],
    [
      opRange('a'),
      opPut('a', 'new', { prevKv: true }),
      opRange('a'),
      opRange('a', '', { revision: 2 }),
      opDelete('b', 'z'),
      opPut('b', 'x'),
      opRange('a', '\0', { countOnly: true }),
    ],
  )
  const values = responses.map((r) =>
    r.op === 'range' ? r.response.kvs.map((kv) => text(kv.value)).join() : r.op,
  )
  assert.deepEqual(values, ['old', 'put', 'new', 'old', 'delete-range', 'put', ''])
  assert.deepEqual(
    responses.map((r) => r.revision),
    [2, 3, 3, 3, 3, 3, 3],
  )
  const last = responses.at(-1)
  assert(last?.op === 'range')
  assert.equal(last.response.count, 2)
})

test('X6 one revision for a whole transaction, none when nothing changed', () => {
  const store = new TestStore()
  const applied = store.apply({
    op: 'txn',
    request: txn([], [opPut('b'), opPut('a'), opTxn([], [opPut('c')])]),
  })
  assert.equal(applied.revision, 2)
  assert.deepEqual(
    applied.events.map((e) => [text(e.kv.key), e.kv.modRevision]),
    [
      ['b', 2],
      ['a', 2],
      ['c', 2],
    ],
  )
  for (const request of [txn([]), txn([], [opRange('a')]), txn([], [opDelete('x', 'z')])]) {
    const quiet = store.apply({ op: 'txn', request })
    assert.deepEqual([quiet.revision, quiet.writes.length, quiet.events.length], [2, 0, 0])
  }
})

test('X10 nothing is applied when the chosen path cannot be: leases, revisions, missing keys', () => {
  const store = new TestStore()
  for (const value of ['1', '2', '3']) store.put('a', value)
  store.compact(3)
  const first = opPut('x')
  assert.equal(refusal(store, txn([], [first, opPut('y', '', { lease: 9n })])), 'lease-not-found')
  assert.equal(
    refusal(store, txn([], [first, opPut('y', '', { ignoreValue: true })])),
    'key-not-found',
  )
  assert.equal(
    refusal(store, txn([], [first, opPut('y', '', { ignoreLease: true })])),
    'key-not-found',
  )
  assert.equal(
    refusal(store, txn([], [first, opRange('a', '', { revision: 5 })])),
    'future-revision',
  )
  assert.equal(refusal(store, txn([], [first, opRange('a', '', { revision: 2 })])), 'compacted')
  assert.equal(
    refusal(store, txn([], [first, opTxn([], [opRange('a', '', { revision: 2 })])])),
    'compacted',
  )
  assert.equal(store.get('x'), undefined)
  // The path not taken is not looked at.
  assert.equal(refusal(store, txn([], [first], [opRange('a', '', { revision: 2 })])), undefined)
})

test('X10, #18667 a negative revision inside a transaction is a compacted one', () => {
  const store = new TestStore()
  store.put('a')
  store.compact(1)
  assert.equal(refusal(store, txn([], [opRange('a', '', { revision: -1 })])), 'compacted')
})

test('X10 a read at the future revision the transaction itself makes is refused', () => {
  const store = new TestStore()
  store.put('a')
  assert.equal(
    refusal(store, txn([], [opPut('a', 'x'), opRange('a', '', { revision: 3 })])),
    'future-revision',
  )
})

test('X12 answers stand in line with the operations of the branch taken', () => {
  const store = new TestStore()
  const response = store.txn([when('a', 'version', 'greater', 0)], [], [opPut('a'), opRange('a')])
  assert.equal(response.succeeded, false)
  assert.deepEqual(
    response.responses.map((r) => r.op),
    ['put', 'range'],
  )
})

test('a delete from a key on and a put of the same key in one transaction leave order to decide', () => {
  const store = new TestStore()
  store.put('a', 'old')
  const applied = store.apply({ op: 'txn', request: txn([], [opDelete('a', '\0'), opPut('a')]) })
  assert.deepEqual(
    applied.events.map((e) => e.type),
    ['delete', 'put'],
  )
  assert.deepEqual([store.get('a')?.version, store.get('a')?.createRevision], [1, 3])
  store.machine.audit()
  store.restarted().machine.audit()
  const gone = store.apply({
    op: 'txn',
    request: txn([], [opPut('a', 'x'), opDelete('a', '\0', true)]),
  })
  assert.deepEqual(
    gone.events.map((e) => e.type),
    ['put', 'delete'],
  )
  assert.equal(store.get('a'), undefined)
  store.compact(store.machine.revision)
  store.scrub()
  assert.equal(store.rows.size, 1)
  store.machine.audit()
})
