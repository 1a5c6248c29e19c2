/** Locks whose clients have gone: their region ends them by what their primary says, and is quiet again. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeName } from '../../src/base/ids.ts'
import {
  type Mutation,
  type RegionDescriptor,
  type RegionResult,
  type Timestamp,
  timestamp,
} from '../../src/core/region/types.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { OracleStampsAre } from '../../src/wire/messages/oracle.ts'
import { RegionCluster } from '../support/region-cluster.ts'
import { bytes } from '../support/requests.ts'

const put = (key: string): Mutation => ({ key: bytes(key), action: 'put', value: bytes(key) })

async function founded(): Promise<{ cluster: RegionCluster; region: RegionDescriptor }> {
  const cluster = new RegionCluster({ nodes: 3, driver: true })
  return { cluster, region: await cluster.foundByDriver() }
}

async function stamp(cluster: RegionCluster): Promise<Timestamp> {
  const [name] = cluster.names as [NodeName]
  const ask = { kind: 'oracle.stamps', count: 1 } as Message
  const are = await cluster.askAt(name, 'timestamp-oracle', 'system', ask)
  return timestamp((are as OracleStampsAre).first)
}

/** A transaction that holds its locks, and whose client says nothing more. */
async function begun(cluster: RegionCluster, region: RegionDescriptor): Promise<Timestamp> {
  const start = await stamp(cluster)
  const shared = { primary: bytes('a'), primaryNamespace: region.namespace, ttlMs: 3000 }
  const mutations = [put('a'), put('b')]
  const done = await cluster.write(
    { op: 'prewrite', start, ...shared, mutations, onePhase: false },
    region.id,
  )
  assert.deepEqual(done, { op: 'prewritten', committed: undefined } satisfies RegionResult)
  return start
}

const locksAt = (cluster: RegionCluster, { id }: RegionDescriptor): number[] =>
  cluster.names.map((name) => cluster.peer(name, id)?.state.locks.size ?? -1)

const freed = (cluster: RegionCluster, region: RegionDescriptor): boolean =>
  locksAt(cluster, region).every((locks) => locks === 0)

test('what was committed at its primary is committed here', async () => {
  const { cluster, region } = await founded()
  const start = await begun(cluster, region)
  const commit = await stamp(cluster)
  await cluster.write({ op: 'commit', start, commit, keys: [bytes('a')] }, region.id)
  await cluster.world.advance(2000)
  assert.equal(freed(cluster, region), false, 'its client may still be about to')
  await cluster.until(() => freed(cluster, region), 'the lock has gone')
  assert.equal(await cluster.get('b', region.id), 'b')
})

test('what nobody committed is taken back, and the region goes quiet', async () => {
  const { cluster, region } = await founded()
  await begun(cluster, region)
  await cluster.until(() => freed(cluster, region), 'the locks have gone')
  assert.deepEqual(await cluster.keys(region.id), [])
  const quiet = (): boolean =>
    cluster.names.every((name) => cluster.peer(name, region.id)?.status.quiescent === true)
  await cluster.until(quiet, 'quiet again')
})

test('one whose client says that it lives is left alone', async () => {
  const { cluster, region } = await founded()
  const start = await begun(cluster, region)
  const alive = { op: 'txn-alive', primary: bytes('a'), start, ttlMs: 60_000 } as const
  await cluster.write(alive, region.id)
  await cluster.world.advance(30_000)
  assert.equal(freed(cluster, region), false)
  const commit = await stamp(cluster)
  await cluster.write({ op: 'commit', start, commit, keys: [bytes('a'), bytes('b')] }, region.id)
  assert.deepEqual(await cluster.keys(region.id), ['a', 'b'])
})
