/** A region over three nodes: writes, reads, what its peers are left with when nodes come and go. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeName } from '../../src/base/ids.ts'
import type { RegionQuery, Timestamp } from '../../src/core/region/types.ts'
import type { Message } from '../../src/runtime/message.ts'
import { FIRST, put, RegionCluster, refusalOf, scanAll } from '../support/region-cluster.ts'

const quiet = (cluster: RegionCluster): boolean =>
  cluster.names.every((name) => cluster.peer(name)?.status.quiescent === true)

const write = (...ops: ReturnType<typeof put>[]) =>
  ({ op: 'write', ops, session: undefined }) as const

test('a region that three stores founded takes writes and shows them', async () => {
  const cluster = new RegionCluster({ nodes: 3 })
  await cluster.found()
  for (const key of ['b', 'a', 'c']) await cluster.put(key, `value of ${key}`)
  assert.equal(await cluster.get('b'), 'value of b')
  assert.equal(await cluster.get('none'), undefined)
  assert.deepEqual(await cluster.keys(), ['a', 'b', 'c'])
  await cluster.world.advance(1000)
  const states = cluster.names.map((name) => cluster.peer(name)?.state.meta())
  for (const state of states) assert.deepEqual(state, states[0])
})

test('a write under an expectation is done only if it holds', async () => {
  const cluster = new RegionCluster({ nodes: 3 })
  await cluster.found()
  const first = await cluster.write(write(put('k', '1', 0n)))
  assert.equal(first.op, 'written')
  const again = await cluster.write(write(put('k', '2', 0n)))
  assert.ok(again.op === 'mismatch' && first.op === 'written')
  assert.deepEqual(again.versions, [first.version])
  const swapped = await cluster.write(write(put('k', '3', first.version)))
  assert.ok(swapped.op === 'written' && swapped.version > first.version)
  assert.equal(await cluster.get('k'), '3')
})

test('followers refuse and name the leader; a stale epoch is answered with the regions of now', async () => {
  const cluster = new RegionCluster({ nodes: 3 })
  const descriptor = await cluster.found()
  const leader = await cluster.serving()
  await cluster.world.advance(500)
  const follower = cluster.names.find((name) => name !== leader) as NodeName
  const refused = refusalOf(await cluster.tryWrite(follower, write(put('k', '1'))))
  assert.deepEqual(refused, { reason: 'not-leader', leader })
  const stale = refusalOf(await cluster.tryWrite(leader, write(put('k', '1')), FIRST, 0))
  assert.deepEqual(stale, { reason: 'epoch', regions: [{ descriptor, leader }] })
})

test('what was acknowledged is there when the leader dies, and when all come back from disk', async () => {
  const cluster = new RegionCluster({ nodes: 3, region: { logEntries: 20, keepEntries: 5 } })
  await cluster.found()
  for (let i = 0; i < 60; i++) await cluster.put(`k${i % 7}`, `${i}`)
  const leader = await cluster.serving()
  cluster.crash(leader)
  for (let i = 60; i < 70; i++) await cluster.put(`k${i % 7}`, `${i}`)
  assert.notEqual(await cluster.serving(), leader)
  cluster.start(leader)
  await cluster.world.advance(2000)
  for (const name of cluster.names) cluster.crash(name)
  for (const name of cluster.names) cluster.start(name)
  for (let i = 63; i < 70; i++) assert.equal(await cluster.get(`k${i % 7}`), `${i}`)
  await cluster.put('after', 'restart')
  await cluster.world.advance(2000)
  const states = cluster.names.map((name) => cluster.peer(name)?.state.meta())
  for (const state of states) assert.deepEqual(state, states[0])
})

test('a region without work goes quiet, and wakes for the next write', async () => {
  const cluster = new RegionCluster({ nodes: 3 })
  await cluster.found()
  await cluster.put('a', '1')
  await cluster.until(() => quiet(cluster), 'quiet')
  await cluster.put('a', '2')
  assert.equal(await cluster.get('a'), '2')
})

test('versions below the safe point go, and snapshots so old are refused', async () => {
  const cluster = new RegionCluster({ nodes: 3 })
  await cluster.found()
  const versions: bigint[] = []
  for (let i = 0; i < 20; i++) {
    const done = await cluster.put('k', `${i}`)
    if (done.op === 'written') versions.push(done.version)
  }
  const leader = await cluster.serving()
  const safePoint = versions.at(-1) as Timestamp
  cluster.tell(leader, 'region', String(FIRST), { kind: 'region.safe-point', safePoint } as Message)
  await cluster.until(() => cluster.peer(leader)?.state.size.rows === 1, 'one version is left')
  assert.equal(await cluster.get('k'), '19')
  const old = { ...scanAll, at: versions[0] as Timestamp } as RegionQuery
  assert.deepEqual(await cluster.read(old), { op: 'too-old', safePoint })
  await cluster.until(() => quiet(cluster), 'quiet again')
})

test('a node that stops hands its regions over, and no write waits for an election', async () => {
  const cluster = new RegionCluster({ nodes: 3 })
  await cluster.found()
  await cluster.put('a', '1')
  const leader = await cluster.serving()
  const beganMs = cluster.world.clock.monotonicMs()
  cluster.tell(leader, 'region-keeper', '1', { kind: 'region.hand-over' } as Message)
  const led = () => cluster.names.find((name) => cluster.peer(name)?.status.serving)
  await cluster.until(() => ![undefined, leader].includes(led()), 'another one serves')
  assert.ok(cluster.world.clock.monotonicMs() - beganMs < 500)
})
