import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NEVER, physicalMs } from '../../../src/core/region/timestamps.ts'
import { type RegionAnswer, type Timestamp, timestamp } from '../../../src/core/region/types.ts'
import { del, get, mutation, prewrite, put, scan, write } from './commands.ts'
import { RegionBed, textOf } from './region-bed.ts'

const pairs = (answer: RegionAnswer): string[] => {
  assert.ok(answer.op === 'scan' || answer.op === 'get', answer.op)
  return answer.rows.map(({ key, value }) => `${textOf(key)}=${textOf(value)}`)
}

function written(bed: RegionBed, ...ops: Parameters<typeof write>[0]): Timestamp {
  const result = bed.result(write(ops))
  assert.equal(result.op, 'written')
  return (result as { version: Timestamp }).version
}

describe('Plain writes', () => {
  it('are seen by readers at their version and later, and by the newest', () => {
    const bed = new RegionBed()
    const first = written(bed, put('a', '1'), put('b', '1'))
    const second = written(bed, put('a', '2'))
    const third = written(bed, del('b'))
    assert.ok(first < second && second < third)
    assert.deepEqual(pairs(bed.read(scan(undefined))), ['a=2'])
    assert.deepEqual(pairs(bed.read(scan(second))), ['a=2', 'b=1'])
    assert.deepEqual(pairs(bed.read(scan(first))), ['a=1', 'b=1'])
    assert.deepEqual(pairs(bed.read(scan(timestamp(first - 1n)))), [])
    assert.deepEqual(pairs(bed.read(get(second, 'b', 'nothing', 'a'))), ['b=1', 'a=2'])
  })

  it('read nothing before them unless something is expected', () => {
    const bed = new RegionBed()
    for (let i = 0; i < 100; i++) written(bed, put(`k${i % 10}`, 'v'))
    assert.equal(bed.readsMade, 0)
    const version = written(bed, put('k3', 'v'))
    written(bed, put('k3', 'w', { expect: version }))
    assert.equal(bed.readsMade, 0, 'what it wrote itself a leader knows')
    bed.depose(0)
    written(bed, put('fresh', 'v', { expect: NEVER }))
    assert.equal(bed.readsMade, 1)
  })

  it('are all done or not at all, by the versions they expect', () => {
    const bed = new RegionBed()
    const version = written(bed, put('a', '1'))
    const refused = bed.result(write([put('b', '1'), put('a', '2', { expect: NEVER })]))
    assert.deepEqual(refused, { op: 'mismatch', versions: [NEVER, version] })
    assert.deepEqual(pairs(bed.read(scan(undefined))), ['a=1'])
    written(bed, put('b', '1', { expect: NEVER }), put('a', '2', { expect: version }))
    assert.deepEqual(pairs(bed.read(scan(undefined))), ['a=2', 'b=1'])
    const gone = written(bed, del('a'))
    assert.equal(bed.result(write([put('a', '3', { expect: gone })])).op, 'mismatch')
    written(bed, put('a', '3', { expect: NEVER }))
  })

  it('go when their time is over, by the clock of the oracle', () => {
    const bed = new RegionBed()
    const version = written(bed, put('a', '1', { ttlMs: 5 }))
    const expiry = physicalMs(version) + 5
    let now = bed.oracle.draw()
    assert.equal(bed.result(write([put('a', '2', { expect: NEVER })])).op, 'mismatch')
    while (physicalMs(now) < expiry) {
      assert.deepEqual(pairs(bed.read(scan(now))), ['a=1'])
      now = bed.oracle.draw()
    }
    assert.deepEqual(pairs(bed.read(scan(now))), [])
    assert.deepEqual(pairs(bed.read(scan(undefined))), [])
    written(bed, put('a', '2', { expect: NEVER }))
  })

  it('wait for each other on one key, and pass each other on different ones', () => {
    const bed = new RegionBed()
    const tickets = [put('a', '1'), put('a', '2'), put('b', '3')].map((op) =>
      bed.submit(write([op])),
    )
    assert.equal(bed.proposals.length, 2, 'the second on a key waits until the first is applied')
    bed.settle()
    const versions = tickets.map((ticket) => {
      const outcome = bed.outcomes.get(ticket)
      assert.ok(outcome?.type === 'result' && outcome.result.op === 'written')
      return outcome.result.version
    })
    assert.ok((versions[0] as Timestamp) < (versions[1] as Timestamp))
  })

  it('never commit at or below what was read, even with a timestamp drawn before', () => {
    const bed = new RegionBed()
    const early = bed.oracle.draw()
    const reader = bed.oracle.draw()
    assert.deepEqual(pairs(bed.read(scan(reader))), [])
    const ticket = bed.submit(write([put('a', '1')]), early)
    bed.settle()
    const outcome = bed.outcomes.get(ticket)
    assert.ok(outcome?.type === 'result' && outcome.result.op === 'written')
    assert.equal(outcome.result.version, reader + 1n)
    assert.deepEqual(pairs(bed.read(scan(reader))), [])
    assert.ok(bed.oracle.draw() >= outcome.result.version, 'all that is drawn later sees it')
  })

  it('draw another timestamp rather than run ahead of the oracle', () => {
    const bed = new RegionBed()
    const [early, alsoEarly] = [bed.oracle.draw(), bed.oracle.draw()]
    const reader = bed.oracle.draw()
    bed.read(scan(reader))
    bed.submit(write([put('a', '1')]), early)
    bed.submit(write([put('a', '2')]), alsoEarly)
    bed.applyNext()
    assert.equal(bed.stamps.length, 1)
    bed.settle()
    assert.deepEqual(pairs(bed.read(scan(undefined))), ['a=2'])
  })

  it('are waited for by readers above them that came while they were in the log', () => {
    const bed = new RegionBed()
    bed.submit(write([put('a', '1')]))
    const reader = bed.oracle.draw()
    const { wait } = bed.evaluator.beginRead(scan(reader))
    assert.equal(wait, true)
    assert.deepEqual(pairs(bed.read(scan(reader))), ['a=1'])
    bed.submit(write([put('a', '2')]))
    assert.equal(bed.evaluator.beginRead(scan(reader)).wait, false)
    assert.equal(bed.evaluator.beginRead(scan(undefined)).wait, false)
  })

  it('are stopped by locks, and told whose', () => {
    const bed = new RegionBed()
    const start = bed.oracle.draw()
    bed.result(prewrite(start, 'a', [mutation('a', '1')]))
    const result = bed.result(write([put('b', '2'), put('a', '2')]))
    assert.ok(result.op === 'locked')
    assert.deepEqual(
      result.locks.map(({ key, start: by }) => [textOf(key), by]),
      [['a', start]],
    )
  })

  it('are refused when too large, outside of the range, or too many', () => {
    const bed = new RegionBed()
    const huge = write([put('a', 'x'.repeat(1024 * 1024)), put('b', 'x'.repeat(1024 * 1024))])
    assert.deepEqual(bed.run(huge), { type: 'refused', refusal: { reason: 'too-large' } })
    for (let i = 0; i < 512; i++) bed.submit(write([put('hot', `${i}`)]))
    const ticket = bed.submit(write([put('hot', 'one more')]))
    const outcome = bed.outcomes.get(ticket)
    assert.ok(outcome?.type === 'refused' && outcome.refusal.reason === 'busy')
  })
})

describe('Marked writes', () => {
  const mark = (sequence: number, answeredBelow = 0) => ({
    session: timestamp(77n),
    sequence,
    answeredBelow,
  })

  it('happen once, however often they come', () => {
    const bed = new RegionBed()
    const first = bed.result(write([put('a', '1', { expect: NEVER })], mark(1)))
    assert.equal(first.op, 'written')
    assert.deepEqual(bed.result(write([put('a', '1', { expect: NEVER })], mark(1))), first)
    bed.depose(0)
    assert.deepEqual(bed.result(write([put('a', '1', { expect: NEVER })], mark(1))), first)
  })

  it('happen once when both arrivals are in the queue', () => {
    const bed = new RegionBed()
    const tickets = [1, 2].map(() => bed.submit(write([put('a', '1')], mark(9))))
    bed.settle()
    const [first, second] = tickets.map((ticket) => bed.outcomes.get(ticket))
    assert.deepEqual(first, second)
    assert.equal(bed.disk.versions().length, 1)
  })

  it('are undetermined once the client has said that it knows the answer', () => {
    const bed = new RegionBed()
    bed.result(write([put('a', '1')], mark(1)))
    bed.result(write([put('a', '2')], mark(5, 5)))
    assert.deepEqual(bed.result(write([put('a', '1')], mark(1))), { op: 'undetermined' })
    assert.equal(bed.result(write([put('a', '3')], mark(6, 5))).op, 'written')
  })

  it('are remembered for so many of a session and so many sessions', () => {
    const bed = new RegionBed()
    for (let i = 1; i <= 200; i++) bed.result(write([put('a', `${i}`)], mark(i)))
    assert.deepEqual(bed.result(write([put('a', 'x')], mark(2))), { op: 'undetermined' })
    assert.equal(bed.result(write([put('a', 'x')], mark(199))).op, 'written')
    for (let i = 1; i <= 1100; i++) {
      bed.result(write([put('b', '1')], { ...mark(1), session: timestamp(100n + BigInt(i)) }))
    }
    bed.replica.sessions.audit()
    assert.equal(bed.replica.sessions.size, 1024)
    assert.deepEqual(bed.result(write([put('a', 'x')], mark(199))), { op: 'undetermined' })
    const { forgotten } = bed.replica.takeChanges().sessions
    assert.ok(forgotten.includes(timestamp(77n)))
  })
})

describe('A leader that is one no more', () => {
  it('leaves undetermined what is in the log, and refuses the rest', () => {
    const bed = new RegionBed()
    const proposed = bed.submit(write([put('a', '1')]))
    const waiting = bed.submit(write([put('a', '2')]))
    bed.depose(1)
    assert.deepEqual(bed.outcomes.get(proposed), { type: 'undetermined' })
    assert.equal(bed.outcomes.get(waiting)?.type, 'refused')
    assert.deepEqual(pairs(bed.read(scan(undefined))), ['a=1'])
  })

  it('proposes nothing while a split is in the log', () => {
    const bed = new RegionBed()
    bed.submit(write([put('a', '1')]))
    const waiting = bed.submit(write([put('a', '2')]))
    bed.evaluator.freeze()
    bed.settle()
    const notReady = { type: 'refused', refusal: { reason: 'not-ready' } }
    assert.deepEqual(bed.outcomes.get(waiting), notReady)
    assert.deepEqual(bed.run(write([put('b', '1')])), notReady)
    assert.equal(bed.proposals.length, 0)
    bed.evaluator.thaw()
    assert.equal(bed.result(write([put('c', '1')])).op, 'written')
    assert.deepEqual(pairs(bed.read(scan(undefined))), ['a=1', 'c=1'])
  })
})
