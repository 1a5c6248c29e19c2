import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSerializable, onlyReads } from '../../../src/core/kv/txn-scan.ts'
import type { KvError, TxnRequest, TxnResponse } from '../../../src/core/kv/types.ts'
import { errorOf, opDelete, opPut, opRange, opTxn, TestStore, text, txn, when } from './store.ts'

/** In small steps, as a node would. */
function view(store: TestStore, request: TxnRequest): TxnResponse | KvError {
  const scan = store.machine.beginView(request, { get: (at) => store.value(at) })
  if (typeof scan === 'string') return scan
  while (!scan.step(3)) assert(!scan.done)
  const response = scan.finish(scan.rows.map((at) => store.value(at)))
  scan.release()
  return response
}

function filled(): TestStore {
  const store = new TestStore()
  for (let i = 0; i < 30; i++) store.put(`k${i % 10}`, `v${i}`)
  return store
}

test('X11 only plain ranges in both branches make a transaction a read', () => {
  const read = opRange('a')
  assert.equal(onlyReads(txn([])), true)
  assert.equal(onlyReads(txn([when('a', 'mod', 'equal', 0)], [read], [read])), true)
  for (const other of [opPut('a'), opDelete('a'), opTxn([], [read])]) {
    assert.equal(onlyReads(txn([], [read, other])), false)
    assert.equal(onlyReads(txn([], [], [other])), false)
  }
  const local = opRange('a', '', { serializable: true })
  assert.equal(isSerializable(txn([], [local], [local])), true)
  assert.equal(isSerializable(txn([], [local], [read])), false)
})

test('X11 a view answers as the same transaction in the log would, and changes nothing', () => {
  const store = filled()
  const cases = [
    txn([when('k1', 'version', 'equal', 3)], [opRange('k0', 'k9'), opRange('k3')], [opRange('k4')]),
    txn([when('k1', 'value', 'equal', 'other')], [opRange('k3')], [opRange('k4'), opRange('no')]),
    txn([], [opRange('k0', '\0', { revision: 9 }), opRange('k0', '\0', { countOnly: true })]),
    txn([], [opRange('k0', '\0', { sortTarget: 'value', sortOrder: 'descend', limit: 3 })]),
    txn([]),
  ]
  const before = store.machine.meta()
  const viewed = cases.map((request) => view(store, request))
  assert.deepEqual(store.machine.meta(), before)
  for (const [i, request] of cases.entries())
    assert.deepEqual(viewed[i], store.txn(...args(request)))
})

test('X11 X10 a view is refused as the transaction would be', () => {
  const store = filled()
  store.compact(10)
  for (const revision of [-1, 9, 99]) {
    const request = txn([], [opRange('k1'), opRange('k0', '\0', { revision })])
    const refused = view(store, request)
    assert.equal(typeof refused, 'string')
    assert.equal(refused, errorOf(store.apply({ op: 'txn', request })))
  }
})

test('X11 a view stays on its state while writes and scrubs go on', () => {
  const store = filled()
  const request = txn([], [opRange('k0', '\0'), opRange('k9')])
  const expected = store.txn(...args(request))
  const scan = store.machine.beginView(request, { get: (at) => store.value(at) })
  assert(typeof scan !== 'string')
  scan.step(2)
  store.put('k5', 'later')
  store.del('k6')
  store.compact(store.machine.revision)
  store.scrub()
  while (!scan.step(2)) assert(!scan.done)
  const response = scan.finish(scan.rows.map((at) => store.value(at)))
  assert.deepEqual(response, expected)
  scan.release()
  store.scrub()
  assert.equal(text(store.get('k5')?.value ?? new Uint8Array()), 'later')
  assert.equal(store.machine.scrubbing, false)
})

const args = ({ compare, success, failure }: TxnRequest): Parameters<typeof txn> => [
  compare,
  success,
  failure,
]
