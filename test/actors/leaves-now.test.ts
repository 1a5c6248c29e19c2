/** What leaves an actor without waiting for the disk is named in docs/actors.md, kind by kind, and nothing else does. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeName } from '../../src/base/ids.ts'
import type { TxnRequest } from '../../src/core/kv/types.ts'
import type { Message } from '../../src/runtime/message.ts'
import { InlineCluster } from '../support/inline-cluster.ts'
import { listed, noting } from '../support/leaves-now.ts'
import { put, range, watchFrom } from '../support/requests.ts'

const WORKERS = 2

/** Everything that clients and operators may ask, a leader that dies, a disk that is lost. */
async function converse(cluster: InlineCluster): Promise<void> {
  const leader = await cluster.leader()
  const [follower, third] = cluster.names.filter((name) => name !== leader) as [NodeName, NodeName]
  const read: TxnRequest = {
    compare: [],
    success: [{ op: 'range', request: range('a') }],
    failure: [],
  }
  for (const name of [leader, follower]) {
    const face = cluster.face(name)
    const stream = face.watch(8, () => {})
    stream.create({ ...watchFrom('a', 1), prevKv: true })
    await cluster.answer(face.write({ op: 'lease-grant', id: 7n, ttl: 60 }))
    await cluster.answer(face.write(put('a', '1', { lease: 7n })))
    await cluster.answer(face.write(put('a', '1', { lease: 8n })))
    await cluster.answer(face.range(range('a')))
    await cluster.answer(face.range(range('a', { revision: 99 })))
    await cluster.answer(face.view(read))
    await cluster.answer(face.keepAlive(7n))
    await cluster.answer(face.timeToLive(7n, true))
    await cluster.answer(face.leases())
    const { revision } = await cluster.status(name)
    await cluster.answer(face.write({ op: 'compact', revision }))
    await cluster.answer(face.scrubbed(revision))
    stream.create({ ...watchFrom('a', revision), prevKv: true })
    stream.progress()
    await cluster.world.advance(500)
    stream.close()
  }
  await cluster.ask(leader, { kind: 'group.transfer', node: undefined } as Message)
  await cluster.world.advance(8000)
  const steps = [{ step: 'demote', node: third }]
  await cluster.ask(await cluster.leader(), { kind: 'group.change', steps } as Message)
  await cluster.world.advance(1000)
  cluster.wipe(third)
  cluster.start(third, { rejoin: true, incarnation: 'second' })
  await cluster.world.advance(12_000)
  cluster.crash(await cluster.leader())
  await cluster.leader()
  for (const name of cluster.names.slice(1)) cluster.node(name).ended || cluster.crash(name)
  await cluster.answer(cluster.face(cluster.names[0] as NodeName).write(put('b', '1')))
}

test('R-7 what leaves at once is what the page lists', async () => {
  const seen = new Set<string>()
  const cluster = new InlineCluster({
    nodes: 3,
    workers: WORKERS,
    watchKind: noting(seen, WORKERS),
  })
  await converse(cluster)
  assert.deepEqual([...seen].sort(), [...listed('actors.md', 'What leaves at once')].sort())
})
