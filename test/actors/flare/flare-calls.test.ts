/** How calls find regions, mend their routes, and what they say when answers are lost. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { BatchPart, Outcome, ScanPage } from '../../../src/actors/flare/flare.ts'
import { FlareCalls } from '../../../src/actors/flare/flare-calls.ts'
import { EMPTY } from '../../../src/base/bytes.ts'
import type { nodeName } from '../../../src/base/ids.ts'
import {
  type FoundRow,
  type Timestamp,
  timestamp,
  type WriteOp,
} from '../../../src/core/region/types.ts'
import { Outside } from '../../../src/runtime/outside.ts'
import { key, NODES, ScriptedRegions, text } from '../../support/scripted-regions.ts'

const [n1] = NODES as [ReturnType<typeof nodeName>]

function world(...cuts: readonly string[]) {
  const cluster = new ScriptedRegions(...cuts)
  const calls = FlareCalls.over(new Outside(cluster), { node: n1, timeoutMs: 5000 })
  /** The outcome of a call, once time has passed. */
  const outcome = <T>(call: (done: (it: Outcome<T>) => void) => void): Outcome<T> => {
    const heard: Outcome<T>[] = []
    call((it) => heard.push(it))
    cluster.run(cluster.nowMs() + 30_000)
    assert.equal(heard.length, 1, 'a call ends once')
    return heard[0] as Outcome<T>
  }
  const value = <T>(call: (done: (it: Outcome<T>) => void) => void): T => {
    const told = outcome(call)
    assert.ok(told.ok, inspect(told))
    return told.value
  }
  const put = (name: string, to = name) =>
    value((done) => calls.write('', putOf(name, to), undefined, done))
  const problem = <T>(call: (done: (it: Outcome<T>) => void) => void) => {
    const told = outcome(call)
    assert.ok(!told.ok, inspect(told))
    return told.problem
  }
  return { cluster, calls, outcome, value, problem, put }
}

function putOf(name: string, to = name, expect?: Timestamp): WriteOp {
  return { key: key(name), action: 'put', value: key(to), ttlMs: 0, expect }
}

const scanOf = (more: object = {}) => ({
  from: EMPTY,
  to: EMPTY,
  limit: 100,
  reverse: false,
  keysOnly: false,
  at: undefined,
  ...more,
})

test('a key is asked of its region’s leader; the driver is asked once', () => {
  const { cluster, calls, value, put } = world('h', 'q')
  put('a')
  put('k')
  put('z')
  const rows = value<readonly FoundRow[]>((done) =>
    calls.get('', [key('z'), key('none'), key('a')], undefined, done),
  )
  assert.deepEqual(
    rows.map((row) => text(row.key)),
    ['z', 'a'],
  )
  const kinds = cluster.asked.map(({ to, message }) => `${to.kind} ${message.kind}`)
  assert.equal(kinds.filter((kind) => kind === 'placement-driver driver.routes').length, 1)
  assert.deepEqual(cluster.regionAsks().slice(0, 3), ['write 1@n1', 'write 2@n2', 'write 3@n3'])
})

test('a leader that moved is found by what the old one says, or by asking the others', () => {
  const { cluster, put } = world()
  put('a')
  cluster.region(1).leader = 'n2'
  put('b')
  assert.deepEqual(cluster.regionAsks(), ['write 1@n1', 'write 1@n1', 'write 1@n2'])
  cluster.region(1).leader = 'n3'
  cluster.meddle = (to) => (to.node === 'n2' ? 'unreachable' : undefined)
  put('c')
  assert.equal(cluster.regionAsks().at(-1), 'write 1@n3')
})

test('after a split the parts come with the refusal, and a batch is spread anew', () => {
  const { cluster, calls, value, put } = world()
  put('a')
  cluster.split(1, 'm', 2)
  const parts = value<readonly BatchPart[]>((done) =>
    calls.batch('', [putOf('z'), putOf('b'), putOf('y')], undefined, done),
  )
  assert.deepEqual(
    parts.map(({ ops, outcome: { type } }) => [ops, type]),
    [
      [[0, 2], 'written'],
      [[1], 'written'],
    ],
  )
  assert.equal(cluster.asked.filter(({ message }) => message.kind === 'driver.routes').length, 1)
})

test('each part of a batch is told by itself: an expectation that fails stops its region alone', () => {
  const { cluster, calls, value, put } = world('m')
  put('a')
  const version = cluster.rows.get('a')?.version
  const ops = [putOf('a', 'new', timestamp(0n)), putOf('b'), putOf('z')]
  const parts = value<readonly BatchPart[]>((done) => calls.batch('', ops, undefined, done))
  assert.deepEqual(parts[0], {
    ops: [0, 1],
    outcome: { type: 'mismatch', versions: [version, 0n] },
  })
  assert.deepEqual([parts[1]?.ops, parts[1]?.outcome.type], [[2], 'written'])
  assert.equal(cluster.rows.has('b'), false)
})

test('a write whose answer is lost is undetermined, and never sent again; with a session it is', () => {
  for (const lost of ['silent', 'done-silent', 'failed'] as const) {
    const { cluster, calls, problem } = world()
    cluster.meddle = (to) => (to.kind === 'region' ? lost : undefined)
    const told = problem((done) => calls.write('', putOf('a'), undefined, done))
    assert.equal(told.reason, 'undetermined')
    assert.equal(cluster.regionAsks().length, 1)
  }
  const { cluster, calls, value } = world()
  let first = true
  cluster.meddle = (to) => {
    if (to.kind !== 'region' || !first) return undefined
    first = false
    return 'silent'
  }
  const session = { session: timestamp(7n), sequence: 1, answeredBelow: 1 }
  value((done) => calls.write('', putOf('a'), session, done))
  assert.deepEqual(cluster.regionAsks(), ['write 1@n1', 'write 1@n2', 'write 1@n1'])
})

test('what certainly did not arrive goes again, whatever it is', () => {
  const { cluster, put } = world()
  let left = 6
  cluster.meddle = (to) => {
    if (to.kind !== 'region' || left === 0) return undefined
    left--
    return left % 2 === 0 ? 'unreachable' : 'overloaded'
  }
  put('a')
  assert.equal(cluster.rows.size, 1)
})

test('while nobody leads a call tries until its time is over, with pauses, and says so', () => {
  const { cluster, calls, problem } = world()
  cluster.meddle = (to) =>
    to.kind === 'region'
      ? ({ kind: 'region.refused', refusal: { reason: 'not-leader', leader: undefined } } as never)
      : undefined
  const told = problem((done) => calls.get('', [key('a')], undefined, done))
  assert.equal(told.reason, 'unavailable')
  assert.match(told.text, /region 1 could not be asked: nobody leads it now/)
  assert.ok(cluster.nowMs() >= 4500 && cluster.nowMs() < 5500, `${cluster.nowMs()}`)
  assert.ok(cluster.regionAsks().length < 60, `${cluster.regionAsks().length}`)
})

test('what a busy region says is heeded', () => {
  const { cluster, put } = world()
  let asked = 0
  cluster.meddle = (to) => {
    if (to.kind !== 'region' || asked++ > 0) return undefined
    return { kind: 'region.refused', refusal: { reason: 'busy', retryMs: 700 } } as never
  }
  put('a')
  assert.ok(cluster.nowMs() >= 700)
})

test('a scan pages over regions, forward and backward, whatever the limit', () => {
  const { calls, value, put } = world('d', 'g', 'p')
  const names = [...'abcdefghijklmnopqrst']
  for (const name of names) put(name)
  for (const limit of [1, 3, 7, 100]) {
    for (const reverse of [false, true]) {
      const seen: string[] = []
      let range: object = { from: key('b'), to: key('s') }
      for (let pages = 0; pages < 50; pages++) {
        const page = value<ScanPage>((done) =>
          calls.scan('', scanOf({ ...range, limit, reverse }), done),
        )
        assert.ok(page.rows.length <= limit)
        seen.push(...page.rows.map((row) => text(row.key)))
        if (page.next === undefined) break
        range = { ...range, ...(reverse ? { to: page.next } : { from: page.next }) }
      }
      const expected = names.slice(1, -2)
      assert.deepEqual(seen, reverse ? expected.reverse() : expected, `${limit} ${reverse}`)
    }
  }
  assert.deepEqual(
    value((done) => calls.scan('', scanOf({ from: key('x'), to: key('b') }), done)),
    {
      rows: [],
      next: undefined,
    },
  )
})

test('a namespace that is not there, or eventual, is named; nothing is asked of regions', () => {
  const { cluster, calls, problem } = world()
  const gone = problem((done) => calls.get('nope', [key('a')], undefined, done))
  assert.deepEqual([gone.reason, /flaredb ns create nope/.test(gone.text)], ['not-found', true])
  cluster.mode = 'eventual'
  const wrong = problem((done) => calls.write('', putOf('a'), undefined, done))
  assert.equal(wrong.reason, 'namespace-mode')
  assert.deepEqual(cluster.regionAsks(), [])
})

test('stamps asked for meanwhile are drawn by one more question, each after it was wanted', () => {
  const { cluster, calls } = world()
  const drawn: [bigint, number][] = []
  for (let i = 1; i <= 4; i++) {
    calls.stamps(i, (it) => {
      if (it.ok) drawn.push([it.value.first, it.value.count])
    })
  }
  cluster.run(1000)
  assert.equal(cluster.asked.length, 2)
  const [first] = drawn[0] as [bigint, number]
  assert.deepEqual(
    drawn.map(([at, count]) => [at - first, count]),
    [
      [0n, 1],
      [1n, 2],
      [3n, 3],
      [6n, 4],
    ],
  )
})
