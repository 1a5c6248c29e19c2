/** The checkers judged: a right history passes, and each of these broken ones is found. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkLeases } from '../../sim/checkers/lease.ts'
import { checkLinearizable } from '../../sim/checkers/linearizable.ts'
import { execute, expectedRange } from '../../sim/checkers/model.ts'
import { Timeline } from '../../sim/checkers/timeline.ts'
import { checkWatches } from '../../sim/checkers/watch.ts'
import type { Call, WatchRecord } from '../../sim/workloads/history.ts'
import { modIs, put, putOf, rangeOf, remove, txn, watchOf } from '../../sim/workloads/requests.ts'
import type { WatchResponse } from '../../src/actors/chainfire.ts'
import type { Command, Event, KeyValue } from '../../src/core/kv/types.ts'
import { type RegisterCall, searchLinearization } from './search.ts'

/** A past and a history that grow together: a call every ten microseconds, answered five later. */
class Story {
  readonly past = new Timeline()
  readonly calls: Call[] = []
  #now = 0

  write(command: Command, change: Partial<Call> = {}): this {
    const effect = execute(this.past, this.past.last, command)
    if (effect.events.length > 0) this.past.append(this.past.last + 1, effect.events, this.#now + 3)
    return this.#call({
      type: 'write',
      command,
      outcome: { ok: true, header: this.#header(this.past.last), value: effect.result },
      ...change,
    })
  }

  /** Reads at a revision: by default the last, as it must. */
  read(key: string, end = '', at = this.past.last, change: object = {}): this {
    const request = rangeOf(key, end)
    const value = expectedRange(this.past, at, request)
    return this.#call({
      type: 'range',
      request,
      outcome: { ok: true, header: this.#header(at), value },
      ...change,
    })
  }

  promises(): string[] {
    return checkLinearizable(this.calls, this.past).map((finding) => finding.sentence)
  }

  #header(revision: number): { revision: number; term: number } {
    return { revision, term: 1 }
  }

  #call(call: object): this {
    const times = { client: 'c1', node: 'n1', invokeUs: this.#now, returnUs: this.#now + 5 }
    this.calls.push({ ...times, ...call } as Call)
    this.#now += 10
    return this
  }
}

const pair = (value: string, modRevision: number, rest: Partial<KeyValue> = {}): KeyValue => ({
  key: new TextEncoder().encode('a'),
  value: new TextEncoder().encode(value),
  createRevision: 2,
  modRevision,
  version: 1,
  lease: 0n,
  ...rest,
})

function flags(story: Story, sentence: RegExp): void {
  const found = story.promises()
  assert.ok(
    found.some((each) => sentence.test(each)),
    `${sentence} not in ${found.join('\n')}`,
  )
}

describe('the witness check', () => {
  it('passes a right history with every kind of call', () => {
    const story = new Story()
      .write(put('a', '1'))
      .read('a')
      .write(put('a', '2', { prevKv: true }))
      .write(txn([modIs('a', 3)], [{ op: 'put', request: putOf('b', '1') }]))
      .write(txn([modIs('a', 3)], [{ op: 'range', request: rangeOf('a', '\0') }]))
      .write(remove('a', '', true))
      .write(remove('a'))
      .read('a', '\0')
    assert.deepEqual(story.promises(), [])
  })

  it('passes a write whose answer never came, done or not', () => {
    const never = { returnUs: undefined, outcome: undefined }
    const story = new Story().write(put('a', '1'), never as Partial<Call>).read('a')
    story.calls.push({ ...(story.calls[0] as Call), command: put('b', 'never') } as Call)
    assert.deepEqual(story.promises(), [])
  })

  it('1: flags a stale read', () => {
    flags(new Story().write(put('a', '1')).write(put('a', '2')).read('a', '', 2), /began after/)
  })

  it('2: flags a lost update', () => {
    const story = new Story().write(put('a', '1'))
    story.write(put('a', '2'), { outcome: answered(2) } as Partial<Call>)
    const lost = { ...(story.calls[0] as Call), invokeUs: 30, returnUs: 35 }
    story.calls.push({ ...lost, command: put('a', 'lost') } as Call)
    flags(story, /does not hold what it wrote|belongs to/)
  })

  it('3: flags a write that was applied twice', () => {
    const story = new Story().write(put('a', '1'))
    story.write(put('a', '1'))
    story.calls.pop()
    flags(story, /is no client's write/)
  })

  it('4: flags a value that nobody wrote', () => {
    const outcome = { ok: true, header: { revision: 2, term: 1 }, value: oneRow(pair('ghost', 2)) }
    flags(new Story().write(put('a', '1')).read('a', '', 2, { outcome }), /where it is/)
  })

  it('5: flags a compare that succeeded and must not', () => {
    const story = new Story().write(put('a', '1')).write(put('a', '2'))
    const outcome = {
      ok: true,
      header: { revision: 4, term: 1 },
      value: { op: 'txn', response: { succeeded: true, responses: [] } },
    }
    story.write(txn([modIs('a', 2)], []), { outcome } as Partial<Call>)
    flags(story, /answered|revision 4 of 3/)
  })

  it('6: flags writes whose revisions run against real time', () => {
    const story = new Story().write(put('a', '1')).write(put('a', '2'))
    const [first, second] = story.calls as [Call, Call]
    story.calls.splice(0, 2, { ...first, invokeUs: 10, returnUs: 15 } as Call)
    story.calls.push({ ...second, invokeUs: 0, returnUs: 5 } as Call)
    flags(story, /began after/)
  })

  it('7: flags a read that saw a write before it was asked for', () => {
    const story = new Story().read('a').write(put('a', '1'))
    const early = story.calls[0] as Call
    const value = expectedRange(story.past, 2, rangeOf('a'))
    const outcome = { ok: true, header: { revision: 2, term: 1 }, value }
    story.calls[0] = { ...early, outcome } as Call
    flags(story, /before that was asked for/)
  })

  it('8: flags an acknowledged write that is not in the past', () => {
    const story = new Story().write(put('a', '1'))
    const lost = story.calls[0] as Call
    story.calls.push({ ...lost, command: put('b', '1'), outcome: answered(3) } as Call)
    flags(story, /revision 3 of 2/)
  })
})

const answered = (revision: number): object => ({
  ok: true,
  header: { revision, term: 1 },
  value: { op: 'put', response: { prevKv: undefined } },
})
const oneRow = (kv: KeyValue): object => ({ kvs: [kv], more: false, count: 1 })

describe('the watch check', () => {
  const past = new Timeline()
  for (const value of ['1', '2', '3']) {
    past.append(past.last + 1, execute(past, past.last, put('a', value)).events)
  }
  const told = (events: readonly Event[], change: Partial<WatchResponse> = {}): WatchResponse => ({
    header: { revision: past.last, term: 1 },
    watchId: 1,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    fragment: false,
    events: events.map((event) => ({ ...event, prevKv: undefined })),
    ...change,
  })
  const found = (...responses: WatchResponse[]): string[] => {
    const record: WatchRecord = {
      client: 'c1',
      node: 'n1',
      create: watchOf('a', '', 2),
      responses: responses.map((response, i) => ({ atUs: i, response })),
      ended: false,
    }
    return checkWatches([record], past).map((finding) => finding.sentence)
  }
  const created = told([], { created: true })
  const [two, three, four] = [2, 3, 4].map((revision) => past.eventsAt(revision)[0] as Event)

  it('passes what is ordered and whole', () => {
    assert.deepEqual(found(created, told([two!, three!]), told([four!]), told([])), [])
  })

  it('9: flags a gap', () => {
    assert.match(found(created, told([two!, four!])).join(), /comes next/)
  })

  it('flags an event told twice, out of order, or after its announcement', () => {
    assert.match(found(created, told([two!]), told([two!, three!])).join(), /after revision 2/)
    assert.match(found(created, told([three!, two!])).join(), /comes next|not told|after/)
    assert.match(found(created, told([])).join(), /was not told/)
  })
})

describe('the lease check', () => {
  const life = { id: 7n, ttlSeconds: 5, grantedUs: 0, endedUs: 6_000_000 }
  const keepAlive = (invokeUs: number, ttl: number): Call => ({
    type: 'keep-alive',
    id: 7n,
    client: 'c1',
    node: 'n1',
    invokeUs,
    returnUs: invokeUs + 10,
    outcome: { ok: true, header: { revision: 1, term: 1 }, value: { ttl } },
  })

  it('passes one that ended in time', () => {
    assert.deepEqual(checkLeases([keepAlive(900_000, 5), keepAlive(6_000_001, 0)], [life]), [])
  })

  it('10: flags one that ended early', () => {
    const found = checkLeases([keepAlive(2_000_000, 5)], [life])
    assert.match(found[0]?.sentence ?? '', /before its time/)
  })

  it('flags a keep-alive of a dead lease that was told it lives', () => {
    const found = checkLeases([keepAlive(7_000_000, 5)], [life])
    assert.equal(found[0]?.promise, 'lease.dead-is-dead')
  })
})

describe('the search for histories without revisions', () => {
  const call = (from: number, to: number | undefined, action: RegisterCall['action']) => ({
    invokeUs: from,
    returnUs: to,
    action,
  })
  const write = (from: number, to: number | undefined, value: string): RegisterCall =>
    call(from, to, { type: 'write', value })
  const read = (from: number, to: number, value: string | undefined): RegisterCall =>
    call(from, to, { type: 'read', value })
  const judge = (...calls: RegisterCall[]): string => searchLinearization(calls)

  it('passes concurrent calls in some order, and a lost answer either way', () => {
    assert.equal(judge(write(0, 10, 'x'), read(1, 2, undefined), read(3, 4, 'x')), 'linearizable')
    assert.equal(
      judge(write(0, undefined, 'x'), read(5, 6, undefined), read(7, 8, 'x')),
      'linearizable',
    )
  })

  it('flags a stale read, a lost update, a value undone', () => {
    assert.equal(judge(write(0, 1, 'x'), write(2, 3, 'y'), read(4, 5, 'x')), 'not linearizable')
    const cas = (from: number, to: number, value: string): RegisterCall =>
      call(from, to, { type: 'cas', from: undefined, to: value, done: true })
    assert.equal(judge(cas(0, 5, 'x'), cas(1, 6, 'y')), 'not linearizable')
    assert.equal(
      judge(write(0, 9, 'x'), read(1, 2, 'x'), read(3, 4, undefined)),
      'not linearizable',
    )
  })

  it('says unknown when its budget is used up', () => {
    const calls = Array.from({ length: 12 }, (_, i) => write(0, 100, `v${i}`))
    assert.equal(searchLinearization([...calls, read(101, 102, 'none')], 1000), 'unknown')
  })
})
