import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { Outcome } from '../../src/actors/chainfire.ts'
import type { NodeName } from '../../src/base/ids.ts'
import type { CommandResult, RangeResponse } from '../../src/core/kv/types.ts'
import type { ActorKind, Context } from '../../src/runtime/actor.ts'
import type { GroupForward } from '../../src/wire/messages/group.ts'
import { InlineCluster } from '../support/inline-cluster.ts'
import { bytes, put, range, text } from '../support/requests.ts'

function done<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, inspect(outcome))
  return outcome.value
}

const write = async (cluster: InlineCluster, at: NodeName, key: string, value: string) =>
  done<CommandResult>(await cluster.answer(cluster.face(at).write(put(key, value))))

async function read(
  cluster: InlineCluster,
  at: NodeName,
  key: string,
): Promise<string | undefined> {
  const response = done<RangeResponse>(await cluster.answer(cluster.face(at).range(range(key))))
  return response.kvs[0] && text(response.kvs[0].value)
}

test('one node alone elects itself, writes and reads', async () => {
  const cluster = new InlineCluster({ nodes: 1 })
  const [n1] = cluster.names as [NodeName]
  assert.equal(await cluster.leader(), n1)
  await write(cluster, n1, 'greeting', 'hello')
  assert.equal(await read(cluster, n1, 'greeting'), 'hello')
})

test('three nodes: every node takes writes and gives linearizable reads of them', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  await cluster.leader()
  for (const writer of cluster.names) {
    await write(cluster, writer, 'who', writer)
    for (const reader of cluster.names) assert.equal(await read(cluster, reader, 'who'), writer)
  }
})

test('a transaction compares and answers from a follower as from the leader', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  const leader = await cluster.leader()
  const follower = cluster.names.find((name) => name !== leader) as NodeName
  const absent = {
    key: bytes('lock'),
    rangeEnd: new Uint8Array(0),
    result: 'equal',
    operand: { target: 'create', value: 0 },
  } as const
  const lockPut = put('lock', 'mine')
  assert.ok(lockPut.op === 'put')
  const take = { op: 'put', request: lockPut.request } as const
  const txn = { op: 'txn', request: { compare: [absent], success: [take], failure: [] } } as const
  for (const [at, succeeded] of [
    [follower, true],
    [leader, false],
  ] as const) {
    const result = done<CommandResult>(await cluster.answer(cluster.face(at).write(txn)))
    assert.ok(result.op === 'txn')
    assert.equal(result.response.succeeded, succeeded)
  }
})

test('many writes of one turn share one persist and one append', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  const leader = await cluster.leader()
  const { node } = { node: cluster.node(leader) }
  const batchesBefore = (node.shard(1).inspect() as { batch: number }).batch
  const calls = Array.from({ length: 200 }, (_, at) =>
    cluster.face(leader).write(put(`k${at}`, 'v')),
  )
  const outcomes = await cluster.answer(Promise.all(calls))
  assert.ok(outcomes.every((outcome) => outcome.ok))
  const batches = (node.shard(1).inspect() as { batch: number }).batch - batchesBefore
  assert.ok(batches <= 4, `${batches} batches for 200 writes`)
})

test('the leader dies: the others elect another, and nothing acknowledged is lost', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  const first = await cluster.leader()
  await write(cluster, first, 'kept', 'yes')
  cluster.crash(first)
  const second = await cluster.leader()
  assert.notEqual(second, first)
  assert.equal(await read(cluster, second, 'kept'), 'yes')
  await write(cluster, second, 'more', 'yes')
  cluster.start(first)
  await cluster.leader()
  assert.equal(await read(cluster, first, 'more'), 'yes')
})

test('a write that waits while there is no leader is done once there is one', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  const call = cluster.face(cluster.names[0] as NodeName).write(put('early', 'bird'))
  done<CommandResult>(await cluster.answer(call))
})

test('without a majority a write fails as not done or unknown, within its time', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  const leader = await cluster.leader()
  for (const name of cluster.names) if (name !== leader) cluster.crash(name)
  const outcome = await cluster.answer(cluster.face(leader).write(put('k', 'v')))
  assert.ok(!outcome.ok && 'unavailable' in outcome, inspect(outcome))
  assert.ok(['leader-changed', 'timeout'].includes(outcome.unavailable), outcome.unavailable)
  const reading = await cluster.answer(cluster.face(leader).range(range('k')))
  assert.ok(!reading.ok)
  const local = done<RangeResponse>(
    await cluster.answer(cluster.face(leader).range(range('k', { serializable: true }))),
  )
  assert.equal(local.count, 0)
})

test('all nodes die at once and come back with everything', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  const leader = await cluster.leader()
  for (let i = 0; i < 20; i++) await write(cluster, leader, `k${i}`, `v${i}`)
  const revision = (await cluster.status(leader)).revision
  for (const name of cluster.names) cluster.crash(name)
  for (const name of cluster.names) cluster.start(name)
  const next = await cluster.leader()
  assert.equal(await read(cluster, next, 'k19'), 'v19')
  for (const name of cluster.names) assert.equal(await read(cluster, name, 'k0'), 'v0')
  assert.equal((await cluster.status(next)).revision, revision)
})

test('the log is cut behind what is applied, and a restart does not miss it', async () => {
  const limits = { compactEntries: 20, keepEntries: 5 }
  const cluster = new InlineCluster({ nodes: 1, limits })
  const leader = await cluster.leader()
  for (let i = 0; i < 60; i++) await write(cluster, leader, `k${i % 7}`, `v${i}`)
  const group = cluster.group(leader)
  assert.ok(group.raft.status().firstIndex > 20, `log from ${group.raft.status().firstIndex}`)
  cluster.crash(leader)
  cluster.start(leader)
  await cluster.leader()
  assert.equal(await read(cluster, leader, 'k0'), 'v56')
})

test('a fresh founder alone answers nothing, since its disk may be a lost one, and does nothing later', async () => {
  const cluster = new InlineCluster({ nodes: 3 })
  const [alone, ...others] = cluster.names as [NodeName, ...NodeName[]]
  for (const name of others) cluster.crash(name)
  const face = cluster.face(alone)
  const asked = [face.range(range('k', { serializable: true })), face.write(put('k', 'v'))]
  for (const outcome of await cluster.answer(Promise.all<Outcome<unknown>>(asked))) {
    assert.deepEqual(outcome, { ok: false, unavailable: 'no-leader' })
  }
  for (const name of others) cluster.start(name)
  await cluster.leader()
  assert.equal(await read(cluster, alone, 'k'), undefined)
  assert.equal((await cluster.status(alone)).revision, 1)
})

/** Notes how many bytes of forwarded writes are on their way, at most. */
function weighing(most: { bytes: number }): (kind: ActorKind) => ActorKind {
  const underWay = new Map<string, number>()
  const weighed = (context: Context): Context =>
    new Proxy(context, {
      get(target, property) {
        const found: unknown = Reflect.get(target, property, target)
        if (typeof found !== 'function') return found
        return (...call: unknown[]) => {
          const [, message, options] = call as [unknown, GroupForward, { readonly tag: string }]
          if (property === 'ask' && message.kind === 'group.forward') {
            underWay.set(options.tag, sum(message.entries.map(({ length }) => length)))
            most.bytes = Math.max(most.bytes, sum(underWay.values()))
          }
          return found.apply(target, call)
        }
      },
    })
  return (kind) => ({
    kind: kind.kind,
    create: (at) => {
      const actor = kind.create(at)
      return {
        receive: (input, context) => {
          if (input.type === 'answer') underWay.delete(input.tag)
          actor.receive(input, weighed(context))
        },
        inspect: () => actor.inspect?.() ?? {},
      }
    },
  })
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0)

test('no more leaves a follower for its leader than a link has room for, and all of it arrives', async () => {
  const most = { bytes: 0 }
  const cluster = new InlineCluster({ nodes: 3, watchKind: weighing(most) })
  const leader = await cluster.leader()
  const follower = cluster.names.find((name) => name !== leader) as NodeName
  const value = 'x'.repeat(100_000)
  const calls = Array.from({ length: 30 }, (_, i) =>
    cluster.face(follower).write(put(`big${i}`, value)),
  )
  for (const outcome of await cluster.answer(Promise.all(calls))) done(outcome)
  assert.ok(most.bytes > 500_000 && most.bytes < 800_000, `${most.bytes} under way`)
})
