import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { NodeName } from '../../src/base/ids.ts'
import { InlineCluster } from '../support/inline-cluster.ts'
import { put } from '../support/requests.ts'

async function quiet(nodes: number, workers = 1) {
  const cluster = new InlineCluster({ nodes, workers })
  const leader = await cluster.leader()
  await cluster.world.advance(5000)
  for (const name of cluster.names) assert.ok((await cluster.status(name)).quiescent, name)
  return { cluster, leader }
}

async function writes(cluster: InlineCluster, at: NodeName) {
  const outcome = await cluster.answer(cluster.face(at).write(put('k', 'v')))
  assert.ok(outcome.ok, inspect(outcome))
}

test('an idle group goes quiet, wakes for a write on any node and goes quiet again', async () => {
  const { cluster } = await quiet(3)
  for (const name of cluster.names) await writes(cluster, name)
  await cluster.world.advance(5000)
  for (const name of cluster.names) assert.ok((await cluster.status(name)).quiescent)
})

test('a quiet group whose leader dies elects another by itself', async () => {
  const { cluster, leader } = await quiet(3)
  cluster.crash(leader)
  await cluster.world.advance(4000)
  const next = await cluster.leader()
  assert.notEqual(next, leader)
})

test('a leader that is born again faster than its silence is noticed all the same', async () => {
  const { cluster, leader } = await quiet(3)
  cluster.crash(leader)
  cluster.start(leader)
  await cluster.world.advance(5000)
  await writes(cluster, await cluster.leader())
})

test('a follower that is down does not keep the group awake', async () => {
  const { cluster, leader } = await quiet(3)
  const follower = cluster.names.find((name) => name !== leader) as NodeName
  cluster.crash(follower)
  await cluster.world.advance(3000)
  await writes(cluster, leader)
  await cluster.world.advance(5000)
  assert.ok((await cluster.status(leader)).quiescent)
  cluster.start(follower)
  await cluster.world.advance(4000)
  assert.equal((await cluster.status(follower)).revision, (await cluster.status(leader)).revision)
})

test('with two workers a node, the shards that carry the group beat for each other', async () => {
  const { cluster, leader } = await quiet(3, 2)
  cluster.crash(leader)
  await cluster.world.advance(4000)
  await cluster.leader()
})
