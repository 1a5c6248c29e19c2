/** The driver's orders: peers come, get the data, take over and go, and whoever went never comes back. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type NodeName, nodeName, peerId } from '../../src/base/ids.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { StoreDone } from '../../src/wire/messages/store.ts'
import { FIRST, RegionCluster, rowsOf } from '../support/region-cluster.ts'

const [n3, n4] = [nodeName('n3'), nodeName('n4')]
const NEW = peerId(13)
const add = { order: 'add-learner', peer: NEW, store: n4, incarnation: 'n4-first' } as const

async function overThree(limits = {}): Promise<RegionCluster> {
  const cluster = new RegionCluster({ nodes: 4, workers: 2, limits })
  await cluster.found(cluster.names.slice(0, 3))
  for (let i = 0; i < 30; i++) await cluster.put(`k${i}`, `value ${i}`)
  return cluster
}

/** A replica more, with all that the others have. */
async function added(cluster: RegionCluster): Promise<void> {
  assert.equal(await cluster.order(add), undefined)
  const follows = () =>
    cluster.peer(n4)?.state.appliedIndex ===
    cluster.peer(cluster.names[0] as NodeName)?.state.appliedIndex
  await cluster.until(follows, 'the learner follows')
}

/** The voter on this node becomes a learner, the new peer a voter; then it is removed. */
async function replaced(cluster: RegionCluster, name: NodeName): Promise<void> {
  const gone = cluster.peer(name)?.status.self
  assert.ok(gone !== undefined)
  const leads = (await cluster.serving()) === name
  if (leads) await cluster.order({ order: 'transfer', to: peerId(10) })
  await cluster.until(() => cluster.peer(name)?.status.role !== 'leader', 'it leads no more')
  assert.equal(await cluster.order({ order: 'switch', promote: [NEW], demote: [gone] }), undefined)
  const settled = () => {
    const { descriptor, joint } = cluster.peer(n4)?.status ?? {}
    return (
      joint === false && descriptor?.peers.find(({ peer }) => peer === gone)?.role === 'learner'
    )
  }
  await cluster.until(settled, 'the joint configuration is left')
  assert.equal(await cluster.order({ order: 'remove', peer: gone }), undefined)
}

const rowsOn = async (cluster: RegionCluster, name: NodeName): Promise<number> =>
  (await rowsOf(cluster, name)).length

test('a learner comes to life by invitation and gets all data by a snapshot', async () => {
  const cluster = await overThree()
  await added(cluster)
  assert.equal(cluster.marks.get('raft.snapshot-installed'), 1)
  await cluster.put('later', 'too')
  await cluster.world.advance(500)
  const [first, second] = [cluster.names[0] as NodeName, n4].map((it) =>
    cluster.peer(it)?.state.meta(),
  )
  assert.deepEqual(first, second)
  assert.equal(await rowsOn(cluster, n4), await rowsOn(cluster, cluster.names[0] as NodeName))
})

test('a voter is replaced in one joint step; the removed peer goes with its rows and stays away', async () => {
  const cluster = await overThree()
  await added(cluster)
  await replaced(cluster, n3)
  await cluster.until(() => cluster.peer(n3) === undefined, 'the removed peer is gone')
  assert.equal(await rowsOn(cluster, n3), 0)
  cluster.crash(n3)
  cluster.start(n3)
  await cluster.world.advance(1000)
  assert.equal(cluster.peer(n3), undefined)
  const { descriptor } = cluster.peer(n4)?.status ?? {}
  const invite = { kind: 'store.invite', descriptor, peer: peerId(12) } as Message
  const { refusal } = (await cluster.askAt(n3, 'store', n3, invite)) as StoreDone
  assert.match(refusal ?? '', /12 is not above it/)
  for (let i = 0; i < 30; i++) assert.equal(await cluster.get(`k${i}`), `value ${i}`)
})

test('a store gets a region back under a higher id', async () => {
  const cluster = await overThree()
  await added(cluster)
  await replaced(cluster, n3)
  await cluster.until(() => cluster.peer(n3) === undefined, 'the removed peer is gone')
  const back = { ...add, peer: peerId(14), store: n3, incarnation: 'n3-first' } as const
  assert.equal(await cluster.order(back), undefined)
  await cluster.until(() => (cluster.peer(n3)?.state.appliedIndex ?? 0) > 5, 'it is back')
  assert.equal(await rowsOn(cluster, n3), 30)
})

test('a store that was away while its peer was replaced by another of its own gets the new one', async () => {
  const cluster = await overThree()
  await added(cluster)
  if ((await cluster.serving()) === n3) await cluster.order({ order: 'transfer', to: peerId(10) })
  await cluster.until(() => cluster.peer(n3)?.status.role !== 'leader', 'it leads no more')
  cluster.crash(n3)
  await cluster.order({ order: 'switch', promote: [NEW], demote: [peerId(12)] })
  await cluster.world.advance(1000)
  await cluster.order({ order: 'remove', peer: peerId(12) })
  await cluster.world.advance(1000)
  const again = { ...add, peer: peerId(14), store: n3, incarnation: 'n3-first' } as const
  assert.equal(await cluster.order(again), undefined)
  cluster.start(n3)
  await cluster.until(() => cluster.peer(n3)?.status.self === peerId(14), 'it is another')
  await cluster.world.advance(1000)
  assert.equal(await rowsOn(cluster, n3), 30)
})

test('a peer that was away while it was removed is told when it comes back', async () => {
  const cluster = await overThree()
  await added(cluster)
  const third = cluster.peer(n3)?.status.self
  if ((await cluster.serving()) === n3) {
    await cluster.order({ order: 'transfer', to: peerId(10) })
    await cluster.world.advance(1000)
  }
  cluster.crash(n3)
  await cluster.order({ order: 'switch', promote: [NEW], demote: [third as typeof NEW] })
  await cluster.world.advance(1000)
  assert.equal(await cluster.order({ order: 'remove', peer: third as typeof NEW }), undefined)
  await cluster.world.advance(1000)
  cluster.start(n3)
  await cluster.until(() => cluster.marks.has('region.expelled'), 'it was told')
  assert.equal(await rowsOn(cluster, n3), 0)
})

test('an older driver is not heard any more', async () => {
  const cluster = await overThree()
  const to = cluster.names.findIndex(
    (name) => name !== n4 && cluster.peer(name)?.status.role !== 'leader',
  )
  const transfer = { order: 'transfer', to: peerId(10 + to) } as const
  assert.equal(await cluster.order(transfer, FIRST, 7), undefined)
  await cluster.world.advance(1000)
  assert.match((await cluster.order(add, FIRST, 6)) ?? '', /driver of term 7/)
  for (const name of cluster.names.slice(0, 3)) {
    assert.equal(cluster.peer(name)?.state.driverEpoch, 7)
  }
})

test('a node falls at any batch while a snapshot comes in, and has all of it in the end', async () => {
  let resumed = 0
  for (let batches = 0; batches < 40; batches++) {
    const cluster = await overThree()
    let left = batches
    cluster.onCommit = (name) => {
      if (name !== n4 || left-- > 0) return true
      cluster.crash(n4)
      return false
    }
    await cluster.order(add)
    await cluster.world.advance(1500)
    cluster.onCommit = undefined
    if (cluster.node(n4).ended) cluster.start(n4)
    await added(cluster)
    assert.equal(await rowsOn(cluster, n4), 30, `fell after ${batches} batches`)
    resumed += cluster.marks.get('region.install-resumed') ?? 0
  }
  assert.ok(resumed > 0, `it fell while the rows were replaced: ${resumed}`)
})
