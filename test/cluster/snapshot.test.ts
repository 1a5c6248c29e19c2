/** A node that was away while its peers cut their logs comes back by snapshot, under load. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect } from '../../src/client/connect.ts'
import { TestCluster } from '../support/cluster.ts'
import { Load } from '../support/load.ts'

const CUT = 200
const KEPT = 50
const AWAY = 1000

describe('a node whose log its peers no longer have', () => {
  let cluster: TestCluster
  let load: Load
  let away: number

  before(async () => {
    const sets = [`raft.snapshotCount=${CUT}`, `raft.catchUpEntries=${KEPT}`]
    cluster = await TestCluster.start({ sets })
    away = ((await cluster.leader()) + 1) % 3
    load = new Load({ endpoints: cluster.endpoints, perSecond: 200, valueBytes: 1000 })
    await load.more(100)
  })
  after(async () => {
    await load?.stop()
    await cluster?.stop()
  })

  it('comes back by snapshot while clients write', async () => {
    await cluster.kill(away)
    await load.more(AWAY)
    const child = await cluster.startNode(away)
    await child.line(/a snapshot took the place of the data/, 60_000)
    await cluster.caughtUp()
    const written = load.acknowledged.length
    await load.more(100)
    assert.ok(load.acknowledged.length > written, 'clients wrote all the while')
  })

  it('then holds and takes what everybody else does', async () => {
    const { endpoint } = cluster.node(away)
    await load.stop()
    const client = connect({ endpoints: [endpoint] })
    await load.verifyAt(endpoint)
    const { revision } = await client.kv.put('written/by', 'the one that was away')
    assert.ok(load.acknowledged.every((write) => write.revision < revision))
    client.close()
  })

  it('comes back from its own disk the next time', async () => {
    await cluster.kill(away)
    const child = await cluster.startNode(away)
    await cluster.caughtUp()
    assert.doesNotMatch(child.output, /snapshot took/)
    await load.verifyAt(cluster.node(away).endpoint)
  })
})
