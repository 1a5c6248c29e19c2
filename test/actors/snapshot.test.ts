import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { NodeName } from '../../src/base/ids.ts'
import type { Message } from '../../src/runtime/message.ts'
import { InlineCluster } from '../support/inline-cluster.ts'
import { put, range, text } from '../support/requests.ts'

const LIMITS = { compactEntries: 20, keepEntries: 5, snapshotChunkBytes: 2000 }

async function write(cluster: InlineCluster, at: NodeName, key: string, value: string) {
  const outcome = await cluster.answer(cluster.face(at).write(put(key, value)))
  assert.ok(outcome.ok, inspect(outcome))
}

async function read(cluster: InlineCluster, at: NodeName, key: string) {
  const request = range(key, { serializable: true })
  const outcome = await cluster.answer(cluster.face(at).range(request))
  assert.ok(outcome.ok, inspect(outcome))
  const [kv] = outcome.value.kvs
  return kv && text(kv.value)
}

/** A follower is away while more is written and compacted than its log can make up for. */
async function leftBehind() {
  const cluster = new InlineCluster({ nodes: 3, limits: LIMITS })
  const leader = await cluster.leader()
  const follower = cluster.names.find((name) => name !== leader) as NodeName
  await cluster.answer(cluster.face(leader).write({ op: 'lease-grant', id: 9n, ttl: 600 }))
  cluster.crash(follower)
  // Until it is known to be down, nothing that it lacks is cut away.
  await cluster.world.advance(2000)
  for (let i = 0; i < 120; i++) await write(cluster, leader, `key${i % 40}`, `value ${i}`)
  return { cluster, leader, follower }
}

function same(cluster: InlineCluster, a: NodeName, b: NodeName): void {
  const [one, other] = [cluster.group(a).kv, cluster.group(b).kv]
  assert.deepEqual(other.meta(), one.meta())
  assert.deepEqual([...other.leases()], [...one.leases()])
  other.audit()
}

test('a follower whose entries are cut away comes back by a snapshot', async () => {
  const { cluster, leader, follower } = await leftBehind()
  cluster.start(follower)
  await cluster.world.advance(5000)
  assert.equal(cluster.marks.get('raft.snapshot-installed'), 1)
  assert.equal(await read(cluster, follower, 'key39'), 'value 119')
  same(cluster, leader, follower)
  await write(cluster, follower, 'after', 'it follows')
  await cluster.world.advance(500)
  same(cluster, leader, follower)
  cluster.crash(follower)
  cluster.start(follower)
  await cluster.world.advance(2000)
  same(cluster, leader, follower)
})

test('writes that go on while the snapshot travels arrive as well', async () => {
  const { cluster, leader, follower } = await leftBehind()
  cluster.start(follower)
  for (let i = 0; i < 100; i++) {
    await write(cluster, leader, `key${i % 40}`, `later ${i}`)
    await cluster.world.advance(7)
  }
  await cluster.world.advance(5000)
  assert.equal(await read(cluster, follower, 'key19'), 'later 99')
  same(cluster, leader, follower)
})

test('a crash at any batch of it leaves the follower before it all or behind it all', async () => {
  let batches = 0
  for (let moment = 1; moment === 1 || batches >= moment - 1; moment++) {
    const { cluster, leader, follower } = await leftBehind()
    batches = 0
    cluster.onCommit = (name) => {
      if (name !== follower) return true
      batches += 1
      if (batches === moment) cluster.crash(follower)
      return moment % 2 === 0 || batches !== moment
    }
    cluster.start(follower)
    await cluster.world.advance(5000)
    cluster.onCommit = undefined
    if (batches >= moment) cluster.start(follower)
    await cluster.world.advance(5000)
    same(cluster, leader, follower)
    assert.ok(moment < 200)
  }
  assert.ok(batches > 8, `${batches} batches`)
})

test('votes move at once through a joint configuration, and leadership by transfer', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  const leader = await cluster.leader()
  const [a, b] = cluster.names.filter((name) => name !== leader) as [NodeName, NodeName]
  const change = async (...steps: object[]) => {
    assert.deepEqual(await cluster.ask(leader, { kind: 'group.change', steps } as Message), {
      kind: 'group.changed',
      refusal: undefined,
    })
    await cluster.world.advance(1000)
  }
  await change({ step: 'demote', node: a })
  assert.deepEqual((await cluster.status(leader)).learners, [a])
  await change({ step: 'promote', node: a }, { step: 'demote', node: b })
  assert.deepEqual((await cluster.status(leader)).learners, [b])
  assert.ok(cluster.marks.has('raft.joint-entered') && cluster.marks.has('raft.joint-left'))
  await change({ step: 'promote', node: b })
  await cluster.ask(leader, { kind: 'group.transfer', node: undefined } as Message)
  await cluster.world.advance(1000)
  assert.notEqual(await cluster.leader(), leader)
  assert.ok(cluster.marks.has('raft.leader-transferred'))
})

test('a wiped node comes back as a learner under a new id and is given its vote again', async () => {
  const cluster = new InlineCluster({ nodes: 3, limits: LIMITS })
  const leader = await cluster.leader()
  const wiped = cluster.names.find((name) => name !== leader) as NodeName
  for (let i = 0; i < 60; i++) await write(cluster, leader, `key${i % 40}`, `value ${i}`)
  cluster.wipe(wiped)
  cluster.start(wiped, { rejoin: true, incarnation: 'second' })
  await cluster.world.advance(12_000)
  const status = await cluster.status(leader)
  assert.deepEqual([...status.voters].sort(), cluster.names, inspect(status))
  assert.deepEqual(status.learners, [])
  assert.equal(await read(cluster, wiped, 'key19'), 'value 59')
  same(cluster, leader, wiped)
  assert.equal(cluster.group(wiped).raft.status().self, 4)
  assert.ok(cluster.marks.has('raft.learner-promoted'))

  // It is a full voter: the group survives the loss of another.
  const other = cluster.names.find((name) => name !== leader && name !== wiped) as NodeName
  cluster.crash(other)
  await write(cluster, leader, 'still', 'here')
  cluster.crash(wiped)
  cluster.start(wiped, { incarnation: 'second' })
  cluster.start(other)
  await cluster.leader()
  assert.equal(await read(cluster, leader, 'still'), 'here')
})

test('a wiped node that is started as before neither votes nor stays up', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  const leader = await cluster.leader()
  const [wiped, other] = cluster.names.filter((name) => name !== leader) as [NodeName, NodeName]
  await write(cluster, leader, 'kept', 'yes')
  cluster.crash(other)
  cluster.wipe(wiped)
  cluster.start(wiped, { incarnation: 'second' })
  await cluster.world.advance(10_000)
  assert.match(cluster.node(wiped).fatalReason, /knows n\d by another data directory.*--rejoin/)
  assert.notEqual((await cluster.status(leader)).role, 'leader', 'one vote of three is no majority')
})

test('a member that speaks from another data directory than before is not heard', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  const leader = await cluster.leader()
  const [other, copied] = cluster.names.filter((name) => name !== leader) as [NodeName, NodeName]
  cluster.crash(other)
  cluster.crash(copied)
  cluster.start(copied, { incarnation: 'a copy' })
  await cluster.world.advance(5000)
  assert.ok(cluster.marks.has('group.stranger-refused'))
  assert.match(cluster.node(copied).fatalReason, /another data directory/)
  assert.notEqual((await cluster.status(leader)).role, 'leader', 'its word made no majority')
})
