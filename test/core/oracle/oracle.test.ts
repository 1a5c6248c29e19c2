/**
 * The oracle's machine under any clock, with leaders that come, go and do not know that they went: what lies on
 * disk is modelled as group `system` keeps it, with an epoch that fences older writers.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MAX_STAMPS, Oracle } from '../../../src/core/oracle/oracle.ts'
import { COUNTERS, compose, physicalMs } from '../../../src/core/region/timestamps.ts'

const WINDOW = 300
const START = 1_700_000_000_000
const LEADERS = 3

const leader = fc.integer({ min: 0, max: LEADERS - 1 })
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('take' as const),
      leader,
      count: fc.constantFrom(1, 1, 7, COUNTERS, MAX_STAMPS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('elect' as const), leader }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('extend' as const), leader, lost: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('clock' as const),
      leader,
      by: fc.constantFrom(1, 40, 299, 5000, -1, -5000, -86_400_000, 86_400_000),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** What the group would have on disk, who leads in truth, and everything that was ever given. */
class Truth {
  readonly oracles = Array.from({ length: LEADERS }, () => new Oracle(WINDOW))
  readonly clocks = Array.from({ length: LEADERS }, (_, i) => START + i * 1000)
  term = 0
  chief = 0
  endMs = 0
  highest = 0n

  do(each: Step): void {
    switch (each.do) {
      case 'take':
        this.take(each.leader, each.count)
        return
      case 'elect':
        this.elect(each.leader)
        return
      case 'extend':
        this.extend(each.leader, each.lost)
        return
      case 'clock':
        this.clocks[each.leader] = Math.max(0, this.clock(each.leader) + each.by)
    }
  }

  clock(at: number): number {
    return this.clocks[at] as number
  }

  oracle(at: number): Oracle {
    return this.oracles[at] as Oracle
  }

  /** The one before may go on believing that it leads. */
  elect(at: number): void {
    this.term += 1
    this.chief = at
    const found = this.endMs
    this.endMs = this.oracle(at).endFor(this.clock(at), found)
    this.oracle(at).resign()
    this.oracle(at).reign(this.term, found, this.endMs)
  }

  /** The transaction holds only in the latest term; a lost answer makes the oracle begin anew. */
  extend(at: number, lost: boolean): void {
    const oracle = this.oracle(at)
    const endMs = oracle.extension(this.clock(at))
    if (endMs === undefined) return
    const fenced = oracle.term !== this.term
    if (!fenced) this.endMs = Math.max(this.endMs, endMs)
    if (fenced) oracle.resign()
    else if (lost) this.elect(at)
    else oracle.extended(endMs)
  }

  take(at: number, count: number): void {
    const oracle = this.oracle(at)
    if (oracle.term === undefined) return
    const confirmed = oracle.term === this.term
    const first = oracle.take(count, this.clock(at))
    if (first === undefined) {
      const endMs = oracle.extension(this.clock(at))
      assert.ok(endMs !== undefined, 'what does not fit is reason enough to extend')
      return
    }
    const last = first + BigInt(count) - 1n
    assert.ok(physicalMs(last as never) < this.endMs, 'T3: above the window on disk')
    // Whoever is not confirmed answers nobody: what it took is lost.
    if (!confirmed) return
    assert.ok(first > this.highest, `T1, T2: ${first} after ${this.highest}`)
    this.highest = last
  }
}

test('T1 T2 T3 T4: over any leaders and clocks every timestamp is above all before and below the window on disk', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const truth = new Truth()
      truth.elect(0)
      for (const each of steps) truth.do(each)
    }),
    { numRuns: 500 },
  )
})

function reigning(wallMs: number): Oracle {
  const oracle = new Oracle(WINDOW)
  oracle.reign(1, 0, oracle.endFor(wallMs, 0))
  return oracle
}

test('a clock that goes on gives its milliseconds; one that stands still gives 65536 of each, and then the next', () => {
  const oracle = reigning(START)
  assert.equal(oracle.take(1, START), compose(START, 0))
  assert.equal(oracle.take(COUNTERS - 1, START), compose(START, 1))
  assert.equal(oracle.take(1, START), compose(START + 1, 0))
  assert.equal(oracle.take(1, START + 20), compose(START + 20, 0))
})

test('T4 a clock that falls back by an hour stops nothing and takes nothing back', () => {
  const oracle = reigning(START)
  const before = oracle.take(10, START) as bigint
  for (let i = 0; i < 100; i++) {
    const after = oracle.take(10, START - 3_600_000) as bigint
    assert.ok(after > before)
    assert.equal(physicalMs(after as never), START)
  }
})

test('the window is extended at half use, and at its edge nothing is given', () => {
  const oracle = reigning(START)
  assert.equal(oracle.extension(START + WINDOW / 2 - 1), undefined)
  assert.equal(oracle.extension(START + WINDOW / 2), START + WINDOW / 2 + WINDOW)
  assert.equal(oracle.take(1, START + WINDOW), undefined)
  oracle.extended(START + 2 * WINDOW)
  assert.equal(oracle.take(1, START + WINDOW), compose(START + WINDOW, 0))
})

test('a leader begins where the window it found ended, even if its clock is behind', () => {
  const oracle = new Oracle(WINDOW)
  oracle.reign(2, START + 5000, oracle.endFor(START, START + 5000))
  assert.equal(oracle.take(1, START), compose(START + 5000, 0))
})

test('pd#8836: one that led before and leads again quickly has kept nothing in memory', () => {
  const oracle = reigning(START)
  oracle.take(1, START + 10)
  oracle.resign()
  assert.equal(oracle.term, undefined)
  assert.throws(() => oracle.take(1, START))
  oracle.reign(3, START + 50_000, START + 50_000 + WINDOW)
  assert.equal(oracle.take(1, START), compose(START + 50_000, 0))
})

test('the largest request fits into every window', () => {
  const oracle = reigning(START)
  let last = 0n
  for (let i = 0; i < 50; i++) {
    const first = oracle.take(MAX_STAMPS, START)
    if (first === undefined) oracle.extended(oracle.extension(START) as number)
    else {
      assert.ok(first > last)
      last = first + BigInt(MAX_STAMPS) - 1n
    }
  }
  assert.ok(last > 0n)
})
