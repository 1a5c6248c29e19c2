import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPut, checkTxn } from '../../../src/core/kv/txn-check.ts'
import type { RequestOp } from '../../../src/core/kv/types.ts'
import { opDelete, opPut, opRange, opTxn, put, txn, when } from './store.ts'

const check = (...ops: RequestOp[]) => checkTxn(txn([], ops), 128)

test('X7 the same key put twice', () => {
  assert.equal(check(opPut('a'), opPut('b')), undefined)
  assert.equal(check(opPut('a'), opPut('a')), 'duplicate-key')
  assert.equal(checkTxn(txn([], [opPut('a')], [opPut('a')]), 128), undefined)
  assert.equal(checkTxn(txn([], [], [opPut('a'), opPut('a')]), 128), 'duplicate-key')
})

test('X7 a put inside a delete of its own list, whichever comes first', () => {
  assert.equal(check(opPut('b'), opDelete('a', 'c')), 'duplicate-key')
  assert.equal(check(opDelete('a', 'c'), opPut('b')), 'duplicate-key')
  assert.equal(check(opDelete('b'), opPut('b')), 'duplicate-key')
  assert.equal(check(opDelete('a', 'c'), opPut('c')), undefined)
  assert.equal(check(opDelete('b'), opPut('b\0')), undefined)
})

test('X7 a delete from a key on collides with nothing, as measured on etcd', () => {
  assert.equal(check(opDelete('a', '\0'), opPut('a')), undefined)
  assert.equal(check(opPut('b'), opDelete('a', '\0')), undefined)
})

test('X7 deletes may overlap', () => {
  assert.equal(check(opDelete('a', 'd'), opDelete('b', 'e'), opDelete('c')), undefined)
  assert.equal(check(opDelete('a', 'd'), opDelete('b', 'e'), opPut('d')), 'duplicate-key')
  assert.equal(check(opDelete('a', 'd'), opDelete('b', 'e'), opPut('e')), undefined)
})

test('X7 nested: puts collide with puts and deletes of the lists around them', () => {
  assert.equal(check(opPut('a'), opTxn([], [opPut('a')])), 'duplicate-key')
  assert.equal(check(opTxn([], [], [opPut('a')]), opPut('a')), 'duplicate-key')
  assert.equal(check(opDelete('a', 'c'), opTxn([], [opPut('b')])), 'duplicate-key')
  assert.equal(check(opPut('b'), opTxn([], [opDelete('a', 'c')])), 'duplicate-key')
  assert.equal(check(opPut('b'), opTxn([], [opTxn([], [opDelete('b')])])), 'duplicate-key')
})

test('X7 siblings: a later put meets the deletes of an earlier one, not the other way round', () => {
  assert.equal(check(opTxn([], [opDelete('a')]), opTxn([], [opPut('a')])), 'duplicate-key')
  assert.equal(check(opTxn([], [opPut('a')]), opTxn([], [opDelete('a')])), undefined)
  assert.equal(check(opTxn([], [opPut('a')]), opTxn([], [opPut('a')])), 'duplicate-key')
})

test('X7 then and else of one nested transaction may put the same key', () => {
  assert.equal(check(opTxn([], [opPut('a')], [opPut('a')])), undefined)
  assert.equal(check(opTxn([], [opPut('a')], [opPut('a')]), opPut('a')), 'duplicate-key')
  assert.equal(check(opTxn([], [opPut('a')], [opDelete('a')])), undefined)
})

test('X8 limits: the longest list, and what is left of it for the nested', () => {
  const puts = (n: number) => Array.from({ length: n }, (_, i) => opPut(`k${i}`))
  assert.equal(check(...puts(128)), undefined)
  assert.equal(check(...puts(129)), 'too-many-operations')
  const guards = Array.from({ length: 129 }, () => when('a', 'mod', 'equal', 0))
  assert.equal(checkTxn(txn(guards), 128), 'too-many-operations')
  assert.equal(check(...puts(100), opTxn([], [opRange('a')])), undefined)
  const ranges = (n: number) => Array.from({ length: n }, () => opRange('a'))
  assert.equal(check(...puts(100), opTxn([], ranges(27))), undefined)
  assert.equal(check(...puts(100), opTxn([], ranges(28))), 'too-many-operations')
})

test('X8 limits are told before keys put twice', () => {
  assert.equal(checkTxn(txn([], [opPut('a'), opPut('a')]), 1), 'too-many-operations')
})

test('K11, K13, K14 each operation must be sound by itself', () => {
  assert.equal(checkPut(put('')), 'empty-key')
  assert.equal(checkPut(put('a', 'x', { ignoreValue: true })), 'value-provided')
  assert.equal(checkPut(put('a', '', { ignoreLease: true, lease: 1n })), 'lease-provided')
  assert.equal(checkPut(put('a', '', { ignoreLease: true, ignoreValue: true })), undefined)
  assert.equal(check(opTxn([], [opPut('')])), 'empty-key')
  assert.equal(check(opRange('')), 'empty-key')
  assert.equal(check(opDelete('')), 'empty-key')
  assert.equal(checkTxn(txn([when('', 'mod', 'equal', 0)]), 128), 'empty-key')
})

test('a transaction of many nested puts and deletes is checked in good time', () => {
  const many = (n: number, op: (i: number) => RequestOp) =>
    Array.from({ length: n }, (_, i) => op(i))
  const nested = many(60, (i) =>
    opTxn(
      [],
      many(60, (j) => (j % 2 ? opPut(`p${i}-${j}`) : opDelete(`d${i}-${j}`, `d${i}-${j}~`))),
    ),
  )
  const before = process.cpuUsage()
  assert.equal(check(...nested), undefined)
  // The processor's time, not the clock's: others may be busy here, too.
  assert(process.cpuUsage(before).user < 1_000_000)
})
