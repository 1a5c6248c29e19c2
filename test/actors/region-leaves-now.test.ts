/** What leaves FlareDB's actors without waiting for the disk is named in docs/flare.md, kind by kind, and nothing else does. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type NodeName, peerId } from '../../src/base/ids.ts'
import { regionId } from '../../src/core/region/types.ts'
import type { ActorKind } from '../../src/runtime/actor.ts'
import { listed, noting } from '../support/leaves-now.ts'
import { FIRST, put, RegionCluster, silencing } from '../support/region-cluster.ts'
import { bytes } from '../support/requests.ts'

const WORKERS = 2
const MINE = new Set(['region', 'store', 'region-keeper'])

/** Everything that routers and the driver may ask, a snapshot, a split, a leader that dies. */
async function converse(cluster: RegionCluster): Promise<void> {
  await cluster.found(cluster.names.slice(0, 3))
  for (let i = 0; i < 40; i++) await cluster.put(`k${i}`, 'v')
  await cluster.keys()
  const leader = await cluster.serving()
  const follower = cluster.names.find((name) => name !== leader) as NodeName
  const write = { op: 'write', ops: [put('k', '2')], session: undefined } as const
  await cluster.tryWrite(follower, write)
  await cluster.askAt(follower, 'region', String(FIRST), { kind: 'region.status' })
  const fourth = { peer: peerId(13), store: cluster.names[3] as NodeName, incarnation: 'n4-first' }
  await cluster.order({ order: 'add-learner', ...fourth })
  await cluster.world.advance(3000)
  await cluster.order({
    order: 'split',
    keys: [bytes('k2')],
    children: [{ region: regionId(2), peers: [20, 21, 22, 23].map(peerId) }],
  })
  await cluster.serving(regionId(2))
  await cluster.order({ order: 'remove', peer: peerId(13) })
  await cluster.world.advance(3000)
  cluster.crash(leader)
  await fallWhileItWrites(cluster, await cluster.serving())
}

/** The leader has it on disk, and nobody else ever hears of it. */
async function fallWhileItWrites(cluster: RegionCluster, leader: NodeName): Promise<void> {
  const others = cluster.names.filter((name) => name !== leader)
  cluster.onCommit = (name) => {
    if (name === leader)
      for (const other of others) cluster.node(other).ended || cluster.crash(other)
    return true
  }
  const write = { op: 'write', ops: [put('k9', '2')], session: undefined } as const
  const answer = await cluster.tryWrite(leader, write)
  assert.equal(answer.kind, 'region.undetermined')
}

test('R-7 what regions, stores and keepers let go at once is what the page lists', async () => {
  const seen = new Set<string>()
  const note = noting(seen, WORKERS)
  const watchKind = (kind: ActorKind): ActorKind =>
    MINE.has(kind.kind) ? note(kind) : silencing(kind)
  const cluster = new RegionCluster({ nodes: 4, workers: WORKERS, watchKind })
  await converse(cluster)
  assert.deepEqual([...seen].sort(), [...listed('flare.md', 'What leaves at once')].sort())
})
