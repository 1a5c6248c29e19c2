/** One actor after the other throws in the middle of a turn, on real shards and under load. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type TestCluster, until } from '../support/cluster.ts'
import type { Load } from '../support/load.ts'
import { type LoadedCluster, startLoadedCluster } from '../support/loaded-cluster.ts'

/** Those of the supervision tree; test/actors/tree.test.ts sees to it that none is left out. */
const KINDS = ['pulse', 'watch-door', 'watch-hub', 'lease-expirer', 'raft-group'] as const

describe('an actor that throws under load comes back', () => {
  let loaded: LoadedCluster
  let cluster: TestCluster
  let load: Load

  before(async () => {
    loaded = await startLoadedCluster(100)
    ;({ cluster, load } = loaded)
  })
  after(() => loaded?.stop())

  for (const kind of KINDS) {
    it(`${kind}, at the leader and at a follower`, async () => {
      const leader = await cluster.leader()
      for (const node of [leader, (leader + 1) % 3]) {
        const shard = await cluster.shardOf(node, 'chainfire')
        const key = kind === 'pulse' || kind === 'watch-door' ? String(shard) : 'chainfire'
        await cluster.fault(node, 'throw-in-actor', { kind, key })
        const threw = new RegExp(`${kind}/${key}.*an actor threw`)
        await cluster.child(node).line(threw, 10_000)
        await until(
          20_000,
          () => `${kind} of node ${node} is not back`,
          async () => (await fallen(cluster, node)).length === 0,
        )
        await load.more(50)
      }
      await cluster.caughtUp()
    })
  }

  it('and nothing acknowledged is lost', async () => {
    await load.stop()
    await load.verifyAt(...cluster.endpoints)
    assert.deepEqual((await Promise.all([0, 1, 2].map((node) => fallen(cluster, node)))).flat(), [])
  })
})

/** Actors of a node that do not run. */
async function fallen(cluster: TestCluster, node: number): Promise<readonly string[]> {
  const status = await cluster.status(node)
  return status?.shards.flatMap(({ fallen: some }) => some) ?? ['the node does not answer']
}
