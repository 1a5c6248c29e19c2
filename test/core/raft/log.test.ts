/**
 * The log against a plain array, under any sequence of appends, cuts, evictions and compactions.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { entryBytes, RaftLog } from '../../../src/core/raft/log.ts'
import type { Entry } from '../../../src/core/raft/types.ts'

const entryAt = (index: number, term: number, bytes = 0): Entry => ({
  term,
  index,
  kind: 'data',
  data: new Uint8Array(bytes),
})

const operations = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ op: fc.constant('append' as const), by: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('truncate' as const), by: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('evict' as const), by: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('compact' as const), by: fc.nat(4) }) },
  ),
  { maxLength: 80 },
)

test('a log answers like the array of its entries', () => {
  fc.assert(
    fc.property(operations, (steps) => {
      const log = new RaftLog(0, 0)
      let model: Entry[] = []
      for (const { op, by } of steps) {
        if (op === 'append') {
          const entry = entryAt(log.lastIndex + 1, log.lastTerm + (by === 0 ? 1 : 0), by)
          log.append(entry)
          model.push(entry)
        } else if (op === 'truncate') {
          const from = Math.max(log.lastIndex - by, log.tailFirst)
          if (from > log.lastIndex) continue
          log.truncateFrom(from)
          model = model.filter((entry) => entry.index < from)
        } else if (op === 'evict') {
          log.evict(log.lastIndex - by, 64)
        } else {
          const to = Math.min(log.baseIndex + by, log.lastIndex)
          if (to > log.baseIndex) log.compactTo(to)
        }
        compare(log, model)
      }
    }),
    { numRuns: 300 },
  )
})

function compare(log: RaftLog, model: readonly Entry[]): void {
  const base = model[log.baseIndex - 1]
  assert.equal(log.lastIndex, model.length)
  assert.equal(log.baseTerm, base?.term ?? 0)
  for (let index = log.baseIndex; index <= log.lastIndex; index++) {
    assert.equal(log.termAt(index), model[index - 1]?.term ?? 0, `term at ${index}`)
    if (index >= log.tailFirst) assert.equal(log.get(index), model[index - 1])
  }
  assert.equal(log.termAt(log.lastIndex + 1), undefined)
  const inMemory = model.slice(log.tailFirst - 1)
  assert.equal(
    log.tailBytes,
    inMemory.reduce((sum, entry) => sum + entryBytes(entry), 0),
  )
  assert.deepEqual(log.slice(log.tailFirst, log.lastIndex, 1e9, 1e9), inMemory)
}

test('a slice keeps to its bytes, but for a single entry that is larger', () => {
  const log = new RaftLog(0, 0)
  for (const bytes of [10, 10, 1000, 10]) log.append(entryAt(log.lastIndex + 1, 1, bytes))
  const indexes = (from: number, max: number) =>
    log.slice(from, 4, max, 1e9)?.map((entry) => entry.index)
  assert.deepEqual(indexes(1, 100), [1, 2])
  assert.deepEqual(indexes(3, 100), [3])
  assert.deepEqual(indexes(1, 1e9), [1, 2, 3, 4])
  assert.deepEqual(indexes(5, 1e9), [])
})

test('the hint skips a term at a time (3.5)', () => {
  const log = new RaftLog(0, 0)
  for (const term of [1, 1, 1, 4, 4, 5]) log.append(entryAt(log.lastIndex + 1, term))
  assert.equal(log.lastIndexAtMost(6, 4), 5)
  assert.equal(log.lastIndexAtMost(5, 3), 3)
  assert.equal(log.lastIndexAtMost(2, 9), 2)
  assert.equal(log.lastIndexAtMost(9, 9), 6)
  assert.equal(log.lastIndexAtMost(6, 0), 0)
})
