/** What nodes tell each other goes over their links and nothing else: no TCP, all bytes counted, none when blocked. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect } from '../../src/client/connect.ts'
import { chainfireOf, TestCluster } from '../support/cluster.ts'
import { Load } from '../support/load.ts'
import { tcpConnections } from '../support/sockets.ts'

const PUTS = 300
const VALUE_BYTES = 4000
/** 5 s are promised for a healed link. */
const HEALED_MS = 2 * 5000

describe('the links of three nodes under load', () => {
  let cluster: TestCluster
  let load: Load
  let leader: number
  let follower: number

  before(async () => {
    cluster = await TestCluster.start({ sets: ['debug.faults=true'] })
    leader = await cluster.leader()
    follower = (leader + 1) % 3
    load = new Load({ endpoints: cluster.endpoints, perSecond: 100 })
    await load.more(100)
  })
  after(async () => {
    await load?.stop()
    await cluster?.stop()
  })

  it('are no TCP connections', async () => {
    await load.more(100)
    const ends = cluster.nodes.map((_, i) => tcpConnections(cluster.child(i).pid))
    const ours = new Set(tcpConnections(process.pid).map(({ localPort }) => localPort))
    for (const [node, connections] of ends.entries()) {
      const toUs = connections.filter(({ remotePort }) => ours.has(remotePort))
      assert.ok(toUs.length > 0, `this very client is seen at node ${node}`)
      for (const other of ends.filter((_, i) => i !== node)) {
        const ports = new Set(other.map(({ localPort }) => localPort))
        const between = connections.filter(({ remotePort }) => ports.has(remotePort))
        assert.deepEqual(between, [], `node ${node} has a TCP connection to another`)
      }
    }
  })

  it('count the bytes that were replicated', async () => {
    await load.stop()
    await cluster.caughtUp()
    const client = connect({ endpoints: [cluster.node(leader).endpoint] })
    const before = await bytes(cluster, leader)
    for (let i = 0; i < PUTS; i++) await client.kv.put('replicated', 'x'.repeat(VALUE_BYTES))
    await cluster.caughtUp()
    const after = await bytes(cluster, leader)
    client.close()
    const payload = PUTS * VALUE_BYTES
    for (const name of before.keys()) {
      const moved = (after.get(name) ?? Number.NaN) - (before.get(name) ?? Number.NaN)
      assert.ok(moved >= payload, `${moved} bytes to ${name} for ${payload} replicated`)
      assert.ok(moved <= 1.5 * payload, `${moved} bytes to ${name} for ${payload} replicated`)
    }
  })

  it('replicate nothing while blocked, and everything once healed', async () => {
    const { name } = cluster.node(follower)
    await cluster.fault(leader, 'block-link', { peer: name, blocked: true })
    const behind = await revisionOf(cluster, follower)
    const more = new Load({
      endpoints: [cluster.node(leader).endpoint],
      perSecond: 100,
      prefix: 'blocked/',
    })
    await more.more(200)
    assert.equal(await revisionOf(cluster, follower), behind)
    assert.ok((await revisionOf(cluster, leader)) >= behind + 200)
    await cluster.fault(leader, 'block-link', { peer: name, blocked: false })
    await cluster.caughtUp(HEALED_MS)
    await more.stop()
    await more.verifyAt(cluster.node(follower).endpoint)
  })
})

/** Bytes that the followers received from the leader by their own count, and it sent by its own, the lesser. */
async function bytes(cluster: TestCluster, leader: number): Promise<Map<string, number>> {
  const sent = (await cluster.status(leader))?.links ?? []
  const counted = new Map<string, number>()
  for (const [i, { name }] of cluster.nodes.entries()) {
    if (i === leader) continue
    const at = (await cluster.status(i))?.links.find(
      (link) => link.name === cluster.node(leader).name,
    )
    const to = sent.find((link) => link.name === name)
    counted.set(name, Math.min(at?.receivedBytes ?? 0, to?.sentBytes ?? 0))
  }
  return counted
}

async function revisionOf(cluster: TestCluster, node: number): Promise<number> {
  return chainfireOf(await cluster.status(node))?.revision ?? Number.NaN
}
