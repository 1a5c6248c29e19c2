import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EMPTY } from '../../../src/base/bytes.ts'
import { type Timestamp, timestamp } from '../../../src/core/region/types.ts'
import {
  checkTxn,
  commit,
  get,
  mutation,
  prewrite,
  put,
  rollback,
  scan,
  write,
} from './commands.ts'
import { bytesOf, RegionBed, textOf } from './region-bed.ts'

const values = (bed: RegionBed, at?: Timestamp): string[] => {
  const answer = bed.read(scan(at))
  assert.ok(answer.op === 'scan', answer.op)
  return answer.rows.map(({ key, value }) => `${textOf(key)}=${textOf(value)}`)
}

/** Begun, with its locks on these keys. */
function locked(bed: RegionBed, ...keys: string[]): Timestamp {
  const start = bed.oracle.draw()
  const primary = keys[0] as string
  const mutations = keys.map((key) => mutation(key, `of ${primary}`))
  const result = bed.result(prewrite(start, primary, mutations))
  assert.deepEqual(result, { op: 'prewritten', committed: undefined })
  return start
}

describe('The first phase of a transaction', () => {
  it('locks, and may come twice', () => {
    const bed = new RegionBed()
    const start = locked(bed, 'a', 'b')
    const again = bed.result(prewrite(start, 'a', [mutation('a', 'of a'), mutation('b', 'of a')]))
    assert.deepEqual(again, { op: 'prewritten', committed: undefined })
    assert.equal(bed.replica.locks.size, 2)
    bed.replica.locks.audit()
  })

  it('stops at what another has locked, and at what was written since it began', () => {
    const bed = new RegionBed()
    const start = bed.oracle.draw()
    const other = locked(bed, 'a')
    const result = bed.result(prewrite(start, 'b', [mutation('b', '1'), mutation('a', '1')]))
    assert.ok(result.op === 'locked' && result.locks[0]?.start === other)
    const at = bed.oracle.draw()
    bed.result(commit(other, at, ['a']))
    const late = bed.result(prewrite(start, 'b', [mutation('b', '1'), mutation('a', '1')]))
    const reason = 'newer-version'
    assert.deepEqual(late, { op: 'conflict', key: bytesOf('a'), reason, version: at })
    assert.equal(bed.replica.locks.size, 0)
  })

  it('does not count what was committed at the very timestamp of its start', () => {
    const bed = new RegionBed()
    const reader = bed.oracle.draw()
    bed.read(scan(reader))
    const ticket = bed.submit(write([put('a', '1')]), timestamp(reader - 1n))
    bed.settle()
    const outcome = bed.outcomes.get(ticket)
    assert.ok(outcome?.type === 'result' && outcome.result.op === 'written')
    const start = outcome.result.version
    const result = bed.result(prewrite(start, 'a', [mutation('a', '2')]))
    assert.deepEqual(result, { op: 'prewritten', committed: undefined })
    // Taken back, it leaves its mark beside the version, and does not cost it.
    assert.equal(bed.result(rollback(start, ['a'])).op, 'rolled-back')
    assert.deepEqual(values(bed), ['a=1'])
    const late = bed.result(prewrite(start, 'a', [mutation('a', '2')]))
    assert.ok(late.op === 'conflict' && late.reason === 'rolled-back')
    bed.depose(0)
    const afterwards = bed.result(prewrite(start, 'a', [mutation('a', '2')]))
    assert.ok(afterwards.op === 'conflict' && afterwards.reason === 'rolled-back')
    assert.deepEqual(values(bed), ['a=1'])
  })

  it('refuses to insert what is there, and inserts what has gone', () => {
    const bed = new RegionBed()
    const { version } = bed.result(write([put('a', '1')])) as { version: Timestamp }
    const insert = { key: bytesOf('a'), action: 'insert', value: EMPTY } as const
    const result = bed.result(prewrite(bed.oracle.draw(), 'a', [insert]))
    assert.deepEqual(result, { op: 'conflict', key: bytesOf('a'), reason: 'exists', version })
    bed.result(write([{ ...put('a', ''), action: 'delete' }]))
    const start = bed.oracle.draw()
    assert.equal(bed.result(prewrite(start, 'a', [insert])).op, 'prewritten')
    bed.result(commit(start, bed.oracle.draw(), ['a']))
    assert.deepEqual(values(bed), ['a='])
  })

  it('is the only one where one region holds everything', () => {
    const bed = new RegionBed()
    const start = bed.oracle.draw()
    const once = prewrite(start, 'a', [mutation('a', '1'), mutation('b', '1')], { onePhase: true })
    const result = bed.result(once)
    assert.ok(result.op === 'prewritten' && result.committed !== undefined)
    assert.ok(result.committed > start)
    assert.equal(bed.replica.locks.size, 0)
    assert.deepEqual(values(bed), ['a=1', 'b=1'])
    bed.depose(0)
    assert.deepEqual(bed.result(once), result, 'a second arrival is told what became of it')
    assert.deepEqual(bed.result(rollback(start, ['a'])), {
      op: 'conflict',
      key: bytesOf('a'),
      reason: 'committed',
      version: result.committed,
    })
  })

  it('protects a key from others that it only locks', () => {
    const bed = new RegionBed()
    bed.result(write([put('a', '1')]))
    const start = bed.oracle.draw()
    const other = bed.oracle.draw()
    const lock = { key: bytesOf('a'), action: 'lock', value: EMPTY } as const
    bed.result(prewrite(start, 'a', [lock, mutation('b', '2')]))
    bed.result(commit(start, bed.oracle.draw(), ['a', 'b']))
    assert.deepEqual(values(bed), ['a=1', 'b=2'])
    const result = bed.result(prewrite(other, 'a', [mutation('a', '3')]))
    assert.ok(result.op === 'conflict' && result.reason === 'newer-version')
  })
})

describe('The second phase', () => {
  it('commits what is locked, and may come twice, before or after a new leader', () => {
    const bed = new RegionBed()
    const start = locked(bed, 'a', 'b')
    const at = bed.oracle.draw()
    assert.deepEqual(bed.result(commit(start, at, ['a', 'b'])), { op: 'committed' })
    assert.deepEqual(bed.result(commit(start, at, ['a', 'b'])), { op: 'committed' })
    bed.depose(0)
    assert.deepEqual(bed.result(commit(start, at, ['b', 'a'])), { op: 'committed' })
    assert.deepEqual(values(bed, at), ['a=of a', 'b=of a'])
    assert.deepEqual(values(bed, timestamp(at - 1n)), [])
  })

  it('does not commit what others rolled back, nor what was never locked', () => {
    const bed = new RegionBed()
    const start = locked(bed, 'a')
    bed.result(rollback(start, ['a']))
    for (const unlocked of [start, bed.oracle.draw()]) {
      const result = bed.result(commit(unlocked, bed.oracle.draw(), ['a']))
      assert.ok(result.op === 'conflict' && result.reason === 'rolled-back')
    }
    assert.deepEqual(values(bed), [])
  })

  it('commits much in several entries', () => {
    const bed = new RegionBed()
    const start = bed.oracle.draw()
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const key of keys) {
      bed.result(prewrite(start, 'a', [mutation(key, 'x'.repeat(900_000))]))
    }
    const ticket = bed.submit(commit(start, bed.oracle.draw(), keys))
    let entries = 0
    for (; bed.proposals.length > 0; entries++) bed.applyNext()
    assert.equal(entries, 3)
    assert.deepEqual(bed.outcomes.get(ticket), { type: 'result', result: { op: 'committed' } })
    assert.equal(bed.replica.locks.size, 0)
  })

  it('must come above every reader that went by', () => {
    const bed = new RegionBed()
    const start = locked(bed, 'a')
    const early = bed.oracle.draw()
    const reader = bed.oracle.draw()
    const check = checkTxn('a', start, bed.oracle.draw(), reader)
    assert.deepEqual(bed.result(check), {
      op: 'txn-is',
      fate: 'alive',
      commit: undefined,
      ttlMs: 3000,
    })
    const answer = bed.read({ ...scan(reader), passing: [start] })
    assert.ok(answer.op === 'scan' && answer.rows.length === 0)
    const low = bed.result(commit(start, early, ['a']))
    assert.ok(low.op === 'conflict' && low.reason === 'commit-too-low')
    assert.ok(low.version === reader + 1n)
    assert.equal(bed.result(commit(start, bed.oracle.draw(), ['a'])).op, 'committed')
    assert.deepEqual(values(bed, reader), [])
  })
})

describe('The fate of a transaction', () => {
  it('is death by the clock of the oracle, unless its client said that it lives', () => {
    const bed = new RegionBed()
    const start = locked(bed, 'a')
    const alive = { op: 'txn-alive', primary: bytesOf('a'), start, ttlMs: 10_000 } as const
    bed.oracle.pass(2_900)
    assert.ok(fateOf(bed, start) === 'alive')
    assert.ok(bed.result(alive).op === 'txn-is')
    bed.oracle.pass(6_000)
    assert.ok(fateOf(bed, start) === 'alive')
    bed.oracle.pass(2_000)
    assert.ok(fateOf(bed, start) === 'rolled-back')
    assert.equal(bed.replica.locks.size, 0)
    const result = bed.result(alive)
    assert.ok(result.op === 'txn-is' && result.fate === 'rolled-back')
  })

  it('is sealed for one that was never heard of: its first phase comes too late', () => {
    const bed = new RegionBed()
    const start = bed.oracle.draw()
    assert.equal(fateOf(bed, start), 'rolled-back')
    const result = bed.result(prewrite(start, 'a', [mutation('a', '1')]))
    assert.ok(result.op === 'conflict' && result.reason === 'rolled-back')
    const onePhase = bed.result(prewrite(start, 'a', [mutation('a', '1')], { onePhase: true }))
    assert.ok(onePhase.op === 'conflict' && onePhase.reason === 'rolled-back')
  })

  it('is known by its primary alone: a secondary ends nobody', () => {
    const bed = new RegionBed()
    const start = locked(bed, 'a', 'b')
    bed.oracle.pass(60_000)
    const result = bed.result(checkTxn('b', start, bed.oracle.draw()))
    assert.ok(result.op === 'txn-is' && result.fate === 'alive')
    assert.equal(bed.replica.locks.size, 2)
  })

  it('is told with the timestamp once it is committed', () => {
    const bed = new RegionBed()
    const start = locked(bed, 'a')
    const at = bed.oracle.draw()
    bed.result(commit(start, at, ['a']))
    bed.depose(0)
    const result = bed.result(checkTxn('a', start, bed.oracle.draw()))
    assert.deepEqual(result, { op: 'txn-is', fate: 'committed', commit: at, ttlMs: 0 })
  })
})

describe('Locks and readers', () => {
  it('stand in the way of the newest, and of whom they may have come before', () => {
    const bed = new RegionBed()
    const before = bed.oracle.draw()
    const start = locked(bed, 'b')
    const reader = bed.oracle.draw()
    const here = { from: bytesOf('b') }
    for (const query of [
      scan(undefined, here),
      scan(reader, here),
      scan(reader, { to: bytesOf('b\0'), reverse: true }),
      get(reader, 'a', 'b'),
      get(undefined, 'b'),
    ]) {
      const answer = bed.read(query)
      assert.ok(answer.op === 'locked' && answer.locks[0]?.start === start)
    }
    for (const query of [scan(before), get(reader, 'a'), scan(undefined, { to: bytesOf('b') })]) {
      const answer = bed.read(query)
      assert.ok(answer.op === 'scan' ? answer.next === undefined : answer.op === 'get')
    }
  })

  it('end a page before them, so that whoever reads comes as far as can be', () => {
    const bed = new RegionBed()
    for (const key of ['a', 'c', 'd', 'f']) bed.result(write([put(key, '1')]))
    locked(bed, 'b')
    locked(bed, 'e')
    const page = (change: Parameters<typeof scan>[1]): [string, string | undefined] => {
      const answer = bed.read(scan(undefined, change))
      if (answer.op !== 'scan') return [answer.op, undefined]
      const keys = answer.rows.map(({ key }) => textOf(key)).join('')
      return [keys, answer.next && textOf(answer.next)]
    }
    assert.deepEqual(page({}), ['a', 'b'])
    assert.deepEqual(page({ from: bytesOf('b') }), ['locked', undefined])
    assert.deepEqual(page({ from: bytesOf('b\0') }), ['cd', 'e'])
    assert.deepEqual(page({ from: bytesOf('b\0'), limit: 1 }), ['c', 'c\0'])
    assert.deepEqual(page({ from: bytesOf('e\0') }), ['f', undefined])
    assert.deepEqual(page({ reverse: true }), ['f', 'e\0'])
    assert.deepEqual(page({ reverse: true, to: bytesOf('e\0') }), ['locked', undefined])
    assert.deepEqual(page({ reverse: true, to: bytesOf('e') }), ['dc', 'b\0'])
    assert.deepEqual(page({ reverse: true, to: bytesOf('b') }), ['a', undefined])
    const rest = { from: bytesOf('b\0'), to: EMPTY, at: undefined, passing: [] }
    const answer = bed.read({ op: 'checksum', ...rest })
    assert.ok(answer.op === 'checksum' && answer.rows === 2)
    assert.deepEqual(answer.next, bytesOf('e'))
  })

  it('are told page by page to whoever resolves them', () => {
    const bed = new RegionBed()
    const starts = ['a', 'b', 'c', 'd'].map((key) => locked(bed, key))
    const query = { op: 'locks', from: EMPTY, to: EMPTY, before: starts[2] as Timestamp } as const
    const first = bed.read({ ...query, limit: 2 })
    assert.ok(first.op === 'locks' && first.next !== undefined)
    assert.deepEqual(
      first.locks.map(({ start }) => start),
      starts.slice(0, 2),
    )
    const second = bed.read({ ...query, from: first.next, limit: 5 })
    assert.ok(second.op === 'locks' && second.next === undefined)
    assert.deepEqual(
      second.locks.map(({ start }) => start),
      [starts[2]],
    )
  })
})

function fateOf(bed: RegionBed, start: Timestamp): string {
  const result = bed.result(checkTxn('a', start, bed.oracle.draw()))
  assert.ok(result.op === 'txn-is')
  return result.fate
}
