/** Splitting a region: both parts serve what they had, on all nodes, whatever falls in between. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type NodeName, peerId } from '../../src/base/ids.ts'
import { regionId } from '../../src/core/region/types.ts'
import { shardOfKey } from '../../src/runtime/address.ts'
import {
  FIRST,
  put,
  RegionCluster,
  type RegionClusterOptions,
  refusalOf,
  scanAll,
} from '../support/region-cluster.ts'
import { bytes, text } from '../support/requests.ts'

const CHILD = regionId(2)
const WORKERS = 2
assert.notEqual(shardOfKey('1', WORKERS), shardOfKey('2', WORKERS), 'on different shards')

/** At `m`: the child takes what lies below. */
const cut = {
  order: 'split',
  keys: [bytes('m')],
  children: [{ region: CHILD, peers: [peerId(20), peerId(21), peerId(22)] }],
} as const

async function filled(more: Partial<RegionClusterOptions> = {}): Promise<RegionCluster> {
  const cluster = new RegionCluster({ nodes: 3, workers: WORKERS, ...more })
  await cluster.found()
  for (const key of ['a', 'f', 'm', 'z']) await cluster.put(key, key)
  return cluster
}

async function bothServe(cluster: RegionCluster): Promise<void> {
  assert.deepEqual(await cluster.keys(CHILD), ['a', 'f'])
  assert.deepEqual(await cluster.keys(FIRST), ['m', 'z'])
  await cluster.put('b', 'new', CHILD)
  await cluster.put('n', 'new', FIRST)
  assert.equal(await cluster.get('b', CHILD), 'new')
  assert.equal(await cluster.get('n', FIRST), 'new')
}

async function alike(cluster: RegionCluster): Promise<void> {
  await cluster.world.advance(2000)
  for (const region of [FIRST, CHILD]) {
    const states = cluster.names.map((name) => cluster.peer(name, region)?.state.meta())
    for (const state of states) assert.deepEqual(state, states[0])
  }
}

test('a split leaves two regions that serve what they had, the right one under the old id', async () => {
  const cluster = await filled()
  const leader = await cluster.serving()
  assert.equal(await cluster.order(cut), undefined)
  assert.equal(await cluster.serving(CHILD), leader, 'led where its parent was')
  await bothServe(cluster)
  await alike(cluster)
  const descriptors = [FIRST, CHILD].map((it) => cluster.peer(leader, it)?.status.descriptor)
  assert.deepEqual(
    descriptors.map((it) => it?.epoch),
    [
      { version: 2, confVer: 1 },
      { version: 2, confVer: 1 },
    ],
  )
})

test('who asks under the epoch before the split is told of both parts', async () => {
  const cluster = await filled()
  const leader = await cluster.serving()
  await cluster.order(cut)
  await cluster.serving(CHILD)
  const refused = refusalOf(await cluster.tryRead(leader, scanAll, FIRST, 1))
  assert.ok(refused?.reason === 'epoch')
  assert.deepEqual(
    refused.regions.map(({ descriptor: { id, from, to } }) => [id, text(from), text(to)]),
    [
      [CHILD, '', 'm'],
      [FIRST, 'm', ''],
    ],
  )
  const outside = { op: 'write', ops: [put('a', '2')], session: undefined } as const
  assert.equal(refusalOf(await cluster.tryWrite(leader, outside))?.reason, 'epoch')
})

test('a follower that was away during the split applies it when it comes back', async () => {
  const cluster = await filled()
  const leader = await cluster.serving()
  const away = cluster.names.find((name) => name !== leader) as NodeName
  cluster.crash(away)
  await cluster.order(cut)
  await bothServe(cluster)
  cluster.start(away)
  await cluster.until(() => cluster.peer(away, CHILD) !== undefined, 'the child is there')
  await alike(cluster)
})

/** The disks take so many more batches, on all nodes together: then all nodes fall. */
function fallAfter(cluster: RegionCluster, batches: number): void {
  let left = batches
  cluster.onCommit = () => {
    if (left-- > 0) return true
    for (const name of cluster.names) cluster.crash(name)
    return false
  }
}

test('all nodes fall at any batch around a split, and both parts come back from disk', async () => {
  for (let batches = 0; batches < 12; batches++) {
    const cluster = await filled()
    await cluster.world.advance(500)
    fallAfter(cluster, batches)
    await cluster.order(cut).catch(() => {})
    await cluster.world.advance(3000)
    cluster.onCommit = undefined
    for (const name of cluster.names) cluster.start(name)
    await cluster.serving()
    await cluster.world.advance(3000)
    const { version } = cluster.peer(await cluster.serving())?.status.descriptor.epoch ?? {}
    if (version === 1) assert.deepEqual(await cluster.keys(), ['a', 'f', 'm', 'z'], `${batches}`)
    else await bothServe(cluster)
    if (version === 2) await alike(cluster)
  }
})

test('a follower that missed a split gets the narrower region by a snapshot, and the child by invitation', async () => {
  const region = { logEntries: 10, keepEntries: 0 }
  const cluster = await filled({ region })
  const leader = await cluster.serving()
  const away = cluster.names.find((name) => name !== leader) as NodeName
  cluster.crash(away)
  await cluster.order(cut)
  await bothServe(cluster)
  for (let i = 0; i < 30; i++) {
    await cluster.put('n', `${i}`, FIRST)
    await cluster.put('b', `${i}`, CHILD)
  }
  cluster.start(away)
  await cluster.until(() => cluster.peer(away, CHILD) !== undefined, 'the child is there')
  await alike(cluster)
  assert.equal(cluster.marks.get('raft.snapshot-installed'), 2)
  for (const region of [FIRST, CHILD]) {
    const self = cluster.peer(away, region)?.status.self
    assert.equal(
      await cluster.order({ order: 'transfer', to: self ?? peerId(0) }, region),
      undefined,
    )
    await cluster.until(() => cluster.peer(away, region)?.status.serving === true, 'it serves')
  }
  assert.deepEqual(await cluster.keys(CHILD), ['a', 'b', 'f'])
  assert.deepEqual(await cluster.keys(FIRST), ['m', 'n', 'z'])
})

test('a region that grew splits by itself, again and again, under load', async () => {
  const cluster = new RegionCluster({
    nodes: 3,
    workers: WORKERS,
    driver: true,
    region: { splitBytes: 20_000, maxBytes: 30_000 },
  })
  const first = await cluster.foundByDriver()
  const value = 'v'.repeat(500)
  const written = new Set<string>()
  for (let i = 0; i < 200; i++) {
    const key = `key ${(i * 7919) % 1000}`
    await cluster.putAnywhere(key, value)
    written.add(key)
  }
  await cluster.world.advance(10_000)
  const regions = await cluster.routes(first.namespace)
  assert.ok(regions.length >= 4, `${regions.length} regions`)
  const found: string[] = []
  for (const { descriptor } of regions) found.push(...(await cluster.keys(descriptor.id)))
  assert.deepEqual(found, [...written].sort())
})

test('a region that is hot for long splits where half of its load lies', async () => {
  const cluster = new RegionCluster({
    nodes: 3,
    driver: true,
    region: { splitOps: 20 },
  })
  const first = await cluster.foundByDriver()
  const key = (i: number): string => `key ${String(i % 20).padStart(2, '0')}`
  for (let i = 0; i < 2000 && (await cluster.routes(first.namespace)).length < 2; i++) {
    await cluster.putAnywhere(key(i), 'v')
    if (i % 10 === 0) await cluster.world.advance(100)
  }
  const regions = await cluster.routes(first.namespace)
  assert.equal(regions.length, 2)
  const at = text(regions[1]?.descriptor.from ?? bytes(''))
  assert.ok(at > key(4) && at < key(15), at)
})
