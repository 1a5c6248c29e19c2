/** FlareDB's calls over real actors on three inline nodes: regions found, split, led elsewhere; transactions; locks in the way. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { flareFace } from '../../../src/actors/flare/face.ts'
import type { Committed, Flare, NamedMutation, Outcome } from '../../../src/actors/flare/flare.ts'
import { EMPTY } from '../../../src/base/bytes.ts'
import type { NodeName } from '../../../src/base/ids.ts'
import {
  type FoundRow,
  namespaceId,
  type RegionCommand,
  regionId,
  type Timestamp,
  timestamp,
  type WriteOp,
} from '../../../src/core/region/types.ts'
import { RegionCluster } from '../../support/region-cluster.ts'
import { key, text } from '../../support/scripted-regions.ts'

const putOf = (name: string, value: string): WriteOp => ({
  key: key(name),
  action: 'put',
  value: key(value),
  ttlMs: 0,
  expect: undefined,
})

const mutationOf = (name: string, value: string): NamedMutation => ({
  namespace: '',
  key: key(name),
  action: 'put',
  value: key(value),
})

class World {
  readonly cluster = new RegionCluster({ nodes: 3, driver: true })
  readonly #faces = new Map<NodeName, Flare>()

  /** On a node that runs. */
  flare(node = this.cluster.names[0] as NodeName): Flare {
    let face = this.#faces.get(node)
    if (face === undefined) {
      face = flareFace(this.cluster.node(node).outside(1), { node, timeoutMs: 15_000 })
      this.#faces.set(node, face)
    }
    return face
  }

  async outcome<T>(call: Promise<Outcome<T>>): Promise<Outcome<T>> {
    return await this.cluster.answer(call, 60_000)
  }

  async value<T>(call: Promise<Outcome<T>>): Promise<T> {
    const told = await this.outcome(call)
    assert.ok(told.ok, inspect(told))
    return told.value
  }

  async put(name: string, value: string, at?: NodeName): Promise<void> {
    await this.value(this.flare(at).write('', putOf(name, value), undefined))
  }

  async read(names: readonly string[], at?: Timestamp, node?: NodeName): Promise<string[]> {
    const rows: readonly FoundRow[] = await this.value(this.flare(node).get('', names.map(key), at))
    return rows.map((row) => text(row.value))
  }

  async stamp(): Promise<Timestamp> {
    return (await this.value(this.flare().stamps(1))).first
  }

  async commit(start: Timestamp, mutations: readonly NamedMutation[]): Promise<Committed> {
    return await this.value(this.flare().commit(start, mutations))
  }

  /** Cuts the first region at this key, and waits until both parts are led. */
  async split(at: string): Promise<void> {
    const action = { action: 'split', keys: [key(at)] } as const
    for (let tries = 0; ; tries++) {
      const done = await this.outcome(this.flare().actOnRegion(regionId(1), action))
      if (done.ok) break
      assert.ok(tries < 50, inspect(done))
      await this.cluster.world.advance(200)
    }
    for (let waited = 0; waited < 20_000; waited += 200) {
      const { regions } = await this.value(this.flare().regions('', regionId(0), 10))
      if (regions.length === 2 && regions.every(({ leader }) => leader !== undefined)) return
      await this.cluster.world.advance(200)
    }
    assert.fail('the region was not split')
  }
}

async function splitWorld(): Promise<World> {
  const world = new World()
  await world.put('a', '1')
  await world.put('z', '1')
  await world.split('m')
  return world
}

test('every node finds what any of them wrote, before and after a split, and while a leader is gone', async () => {
  const world = await splitWorld()
  const { names } = world.cluster
  for (const node of names) {
    await world.put('a', node, node)
    for (const other of names) {
      assert.deepEqual(await world.read(['a', 'z'], undefined, other), [node, '1'])
    }
  }
  const leader = await world.cluster.serving(regionId(1))
  world.cluster.crash(leader)
  const [one, two] = names.filter((name) => name !== leader) as [NodeName, NodeName]
  await world.put('z', 'without it', one)
  assert.deepEqual(await world.read(['a', 'z'], undefined, two), [names[2], 'without it'])
})

test('a transaction over two regions is there as a whole, or not at all', async () => {
  const world = await splitWorld()
  const [start, other] = [await world.stamp(), await world.stamp()]
  const done = await world.commit(start, [mutationOf('a', '2'), mutationOf('z', '2')])
  assert.equal(done.type, 'committed')
  assert.deepEqual(await world.read(['a', 'z']), ['2', '2'])
  assert.deepEqual(await world.read(['a', 'z'], start), ['1', '1'])
  const late = await world.commit(other, [mutationOf('b', '3'), mutationOf('z', '3')])
  assert.ok(late.type === 'aborted' && late.reason === 'conflict' && late.again, inspect(late))
  assert.deepEqual(await world.read(['b', 'z']), ['2'])
})

test('locks of a client that died are cleared by whoever meets them, when their time is over', async () => {
  const world = await splitWorld()
  const start = await world.stamp()
  const mutation = (name: string) =>
    ({ key: key(name), action: 'put', value: key('dead') }) as const
  const prewrite = (name: string): RegionCommand => ({
    op: 'prewrite',
    start,
    primary: key('a'),
    primaryNamespace: namespaceId(1),
    ttlMs: 3000,
    mutations: [mutation(name)],
    onePhase: false,
  })
  const { regions } = await world.value(world.flare().regions('', regionId(0), 10))
  const idOf = (name: string) =>
    regions.find(({ descriptor: { from, to } }) => {
      const at = name
      return text(from) <= at && (to.length === 0 || at < text(to))
    })?.descriptor.id
  for (const name of ['a', 'z']) {
    const locked = await world.cluster.write(prewrite(name), idOf(name))
    assert.equal(locked.op, 'prewritten')
  }
  const nowMs = () => world.cluster.world.clock.monotonicMs()
  const lockedMs = nowMs()
  // Readers pass a transaction that lives: it must commit above them.
  assert.deepEqual(await world.read(['a', 'z']), ['1', '1'])
  const page = await world.value(
    world.flare().scan('', {
      from: EMPTY,
      to: EMPTY,
      limit: 10,
      reverse: false,
      keysOnly: false,
      at: undefined,
    }),
  )
  assert.deepEqual(
    page.rows.map((row) => text(row.value)),
    ['1', '1'],
  )
  assert.ok(nowMs() - lockedMs < 1500, 'readers waited')
  // Writers wait until it is dead.
  await world.put('z', 'after')
  assert.ok(nowMs() - lockedMs >= 2500, 'a transaction that lived was rolled back')
  assert.deepEqual(await world.read(['a', 'z']), ['1', 'after'])
})

test('two that add to the same key at the same time: one is told to try again', async () => {
  const world = await splitWorld()
  const [one, two] = [await world.stamp(), await world.stamp()]
  const commits = [one, two].map((start) =>
    world.flare().commit(start, [mutationOf('a', `${start}`), mutationOf('z', `${start}`)]),
  )
  const outcomes = await world.cluster.answer(Promise.all(commits))
  const committed = outcomes.filter((told) => told.ok && told.value.type === 'committed')
  assert.equal(committed.length, 1, inspect(outcomes))
  const values = await world.read(['a', 'z'])
  assert.equal(values[0], values[1])
})

test('a timestamp from the future is refused wherever a client may give one, and writes go on', async () => {
  const world = new World()
  await world.put('a', '1')
  const future = timestamp((await world.stamp()) + 10n ** 12n)
  const flare = world.flare()
  const scan = { from: EMPTY, to: EMPTY, limit: 1, reverse: false, keysOnly: false, at: future }
  const session = { session: future, sequence: 1, answeredBelow: 0 }
  const calls: readonly Promise<Outcome<unknown>>[] = [
    flare.get('', [key('a')], future),
    flare.scan('', scan),
    flare.checksum('', { from: EMPTY, to: EMPTY }, future),
    flare.commit(future, [mutationOf('a', '2')]),
    flare.write('', putOf('a', '2'), session),
  ]
  for (const call of calls) {
    const told = await world.outcome(call)
    assert.equal(told.ok ? 'done' : told.problem.reason, 'invalid', inspect(told))
  }
  await world.put('a', '3')
  assert.deepEqual(await world.read(['a'], await world.stamp()), ['3'])
})
