import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EMPTY } from '../../../src/base/bytes.ts'
import type { Timestamp } from '../../../src/core/region/types.ts'
import { checkTxn, commit, del, mutation, prewrite, put, scan, write } from './commands.ts'
import { bytesOf, RegionBed, textOf } from './region-bed.ts'

const keysOf = (bed: RegionBed, at?: Timestamp): string[] => {
  const answer = bed.read(scan(at))
  assert.ok(answer.op === 'scan', answer.op)
  return answer.rows.map(({ key }) => textOf(key))
}

const deleteRange = (from: string, to: string, limit = 100) =>
  ({ op: 'delete-range', from: bytesOf(from), to: bytesOf(to), limit }) as const
const collect = (safePoint: Timestamp, limit = 100, from = EMPTY) =>
  ({ op: 'collect', safePoint, from, limit }) as const

describe('Deleting a range', () => {
  it('deletes what is visible there, so many at a time, and nothing else', () => {
    const bed = new RegionBed()
    for (const key of ['a', 'b', 'c', 'd', 'e']) bed.result(write([put(key, key)]))
    bed.result(write([del('c')]))
    const before = bed.oracle.draw()
    const first = bed.result(deleteRange('b', 'e', 1))
    assert.ok(first.op === 'deleted' && first.keys === 1 && first.next !== undefined)
    const second = bed.result(deleteRange(textOf(first.next), 'e'))
    assert.deepEqual(second, { op: 'deleted', keys: 1, next: undefined })
    assert.deepEqual(keysOf(bed), ['a', 'e'])
    assert.deepEqual(keysOf(bed, before), ['a', 'b', 'd', 'e'])
    assert.deepEqual(bed.result(deleteRange('b', 'e')), { op: 'deleted', keys: 0, next: undefined })
  })

  it('waits for whoever writes what it found, and deletes that too', () => {
    const bed = new RegionBed()
    bed.result(write([put('a', '1')]))
    const late = bed.submit(write([put('a', '2')]))
    const ticket = bed.submit(deleteRange('', ''))
    bed.settle()
    for (const each of [late, ticket]) assert.equal(bed.outcomes.get(each)?.type, 'result')
    assert.deepEqual(keysOf(bed), [])
  })

  it('stops at locks, even of keys that nobody can see yet', () => {
    const bed = new RegionBed()
    bed.result(write([put('a', '1')]))
    bed.result(prewrite(bed.oracle.draw(), 'b', [mutation('b', '1')]))
    assert.equal(bed.result(deleteRange('', '')).op, 'locked')
    assert.equal(bed.result(deleteRange('', 'b')).op, 'deleted')
  })
})

describe('Collecting below a safe point', () => {
  it('drops what nobody at or above it can read, and tells others that it is gone', () => {
    const bed = new RegionBed()
    for (let i = 0; i < 5; i++) bed.result(write([put('a', `${i}`), put('b', `${i}`)]))
    bed.result(write([del('b')]))
    const safePoint = bed.oracle.draw()
    bed.result(write([put('a', 'last')]))
    const before = bed.replica.size
    const result = bed.result(collect(safePoint))
    assert.deepEqual(result, { op: 'collected', rows: 10, next: undefined })
    assert.equal(bed.disk.versions().length, 2)
    assert.equal(bed.replica.size.rows, before.rows - 10)
    assert.equal(bed.replica.safePoint, safePoint)
    assert.deepEqual(keysOf(bed, safePoint), ['a'])
    assert.equal(bed.result(write([put('b', 'new', { expect: 0n as Timestamp })])).op, 'written')
  })

  it('waits for the fate of transactions from before', () => {
    const bed = new RegionBed()
    const start = bed.oracle.draw()
    bed.result(prewrite(start, 'a', [mutation('a', '1')]))
    const safePoint = bed.oracle.draw()
    const result = bed.result(collect(safePoint))
    assert.ok(result.op === 'locked' && result.locks[0]?.start === start)
    bed.oracle.pass(5000)
    bed.result(checkTxn('a', start, bed.oracle.draw()))
    assert.equal(bed.result(collect(safePoint)).op, 'collected')
    assert.deepEqual(bed.disk.versions(), [], 'the record of the rollback is gone too')
  })

  it('keeps it known for an hour that a transaction was committed, and no longer', () => {
    const bed = new RegionBed()
    const start = bed.oracle.draw()
    bed.result(prewrite(start, 'a', [mutation('a', '1'), mutation('b', '1')]))
    const at = bed.oracle.draw()
    bed.result(commit(start, at, ['a', 'b']))
    bed.result(write([del('a'), put('b', '2')]))
    const safePoint = bed.oracle.draw()
    const result = bed.result(collect(safePoint))
    assert.deepEqual(result, { op: 'collected', rows: 3, next: undefined })
    assert.deepEqual(keysOf(bed), ['b'])
    assert.equal(bed.disk.versions().length, 2)
    const fate = bed.result(checkTxn('a', start, bed.oracle.draw()))
    assert.deepEqual(fate, { op: 'txn-is', fate: 'committed', commit: at, ttlMs: 0 })
    assert.deepEqual(bed.result(collect(safePoint)), { op: 'collected', rows: 0, next: undefined })
    bed.oracle.pass(60 * 60 * 1000)
    assert.equal(bed.result(collect(bed.oracle.draw())).op, 'collected')
    assert.equal(bed.disk.versions().length, 1)
  })

  it('lets nothing begin below it any more: records of rollbacks need not stay', () => {
    const bed = new RegionBed()
    const start = bed.oracle.draw()
    bed.result(collect(bed.oracle.draw()))
    bed.depose(0)
    const late = bed.result(prewrite(start, 'a', [mutation('a', '1')]))
    assert.ok(late.op === 'conflict' && late.reason === 'rolled-back')
    const onePhase = bed.result(prewrite(start, 'a', [mutation('a', '1')], { onePhase: true }))
    assert.equal(onePhase.op, 'undetermined')
    const fate = bed.result(checkTxn('a', start, bed.oracle.draw()))
    assert.ok(fate.op === 'txn-is' && fate.fate === 'rolled-back')
    assert.deepEqual(bed.disk.versions(), [])
  })
})
