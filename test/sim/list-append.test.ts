/** The check of isolation finds what it is for, in broken histories of lists, and lets good ones pass. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkListAppend } from '../../sim/checkers/flare/list-append.ts'
import type { TxnCall } from '../../sim/workloads/flare/history.ts'

type Steps = { readonly [key: string]: string }

/** What it read (lists with commas), what it appended, when; times are far apart unless they are given. */
function txn(
  reads: Steps,
  appends: Steps,
  [invokeUs, returnUs]: readonly [number, number],
  outcome: TxnCall['outcome'] = { type: 'committed', at: 1n },
): TxnCall {
  return {
    type: 'txn',
    work: 'append',
    client: `c${invokeUs}`,
    node: 'n1',
    invokeUs,
    returnUs,
    start: BigInt(invokeUs),
    reads: Object.entries(reads)
      .filter(([, value]) => value !== '')
      .map(([key, value]) => ({ key, value, version: 1n })),
    readKeys: Object.keys(reads),
    writes: [],
    appends: Object.entries(appends).map(([key, element]) => ({ key, element })),
    outcome,
  }
}

/** All at once: real time says nothing. */
const TOGETHER = [0, 100] as const

function anomalies(...calls: TxnCall[]): string[] {
  return checkListAppend(calls).map(({ promise }) => promise.replace('flare.isolation.', ''))
}

test('a serial history is right', () => {
  assert.deepEqual(
    anomalies(
      txn({ x: '' }, { x: '1' }, [0, 1]),
      txn({ x: '1' }, { x: '2' }, [2, 3]),
      txn({ x: '1,2', y: '' }, { y: '3' }, [4, 5]),
      txn({ x: '1,2', y: '3' }, {}, [6, 7]),
    ),
    [],
  )
})

test('write skew is what snapshot isolation allows', () => {
  assert.deepEqual(
    anomalies(
      txn({ x: '', y: '' }, { x: '1' }, TOGETHER),
      txn({ x: '', y: '' }, { y: '2' }, TOGETHER),
      txn({ x: '1', y: '2' }, {}, [200, 300]),
    ),
    [],
  )
})

test('an aborted transaction must never be read', () => {
  const aborted = txn({ x: '' }, { x: '1' }, [0, 1], { type: 'aborted' })
  assert.deepEqual(anomalies(aborted, txn({ x: '1' }, {}, [2, 3])), ['aborted-read'])
})

test('what nobody wrote, and what is there twice', () => {
  assert.deepEqual(anomalies(txn({ x: '9' }, {}, [2, 3])), ['garbage'])
  const twice = [txn({ x: '' }, { x: '1' }, [0, 1]), txn({ x: '1,1' }, {}, [2, 3])]
  assert.deepEqual(anomalies(...twice), ['duplicate'])
})

test('two readings of one list that do not agree', () => {
  assert.deepEqual(
    anomalies(
      txn({}, { x: '1' }, TOGETHER),
      txn({}, { x: '2' }, TOGETHER),
      txn({ x: '1,2' }, {}, TOGETHER),
      txn({ x: '2,1' }, {}, TOGETHER),
    ),
    ['incompatible-order'],
  )
})

test('a lost update: two append behind the same reading', () => {
  assert.deepEqual(
    anomalies(
      txn({ x: '' }, { x: '1' }, TOGETHER),
      txn({ x: '' }, { x: '2' }, TOGETHER),
      txn({ x: '1,2' }, {}, [200, 300]),
    ),
    ['lost-update'],
  )
})

test('a cycle of writes: two lists in opposite orders', () => {
  const both = { x: '1', y: '1' }
  assert.deepEqual(
    anomalies(
      txn({}, both, TOGETHER),
      txn({}, { x: '2', y: '2' }, TOGETHER),
      txn({ x: '1,2', y: '2,1' }, {}, TOGETHER),
    ),
    ['g0'],
  )
})

test('a cycle of reads: each saw what the other wrote', () => {
  assert.deepEqual(
    anomalies(txn({ y: '2' }, { x: '1' }, TOGETHER), txn({ x: '1' }, { y: '2' }, TOGETHER)),
    ['g1c'],
  )
})

test('half a transaction was seen', () => {
  assert.deepEqual(
    anomalies(
      txn({}, { x: '1', y: '2' }, TOGETHER),
      txn({ x: '1', y: '' }, {}, TOGETHER),
      txn({ x: '1', y: '2' }, {}, TOGETHER),
    ),
    ['g-single'],
  )
})

test('who begins after a commit was answered sees it', () => {
  assert.deepEqual(
    anomalies(
      txn({ x: '' }, { x: '1' }, [0, 1]),
      txn({ x: '' }, {}, [2, 3]),
      txn({ x: '1' }, {}, [4, 5]),
    ),
    ['real-time-g-single'],
  )
})

test('of unknown fate, but read: it happened, and counts', () => {
  const open = txn({}, { x: '1', y: '2' }, TOGETHER, undefined)
  assert.deepEqual(
    anomalies(
      { ...open, outcome: undefined },
      txn({ x: '1', y: '' }, {}, TOGETHER),
      txn({ x: '1', y: '2' }, {}, TOGETHER),
    ),
    ['g-single'],
  )
})
