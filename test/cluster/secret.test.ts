/** A node with a wrong secret gets nothing, ends with one line, and is admitted once its secret is right. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect } from '../../src/client/connect.ts'
import { TestCluster } from '../support/cluster.ts'

const STRANGER = 2

describe('a node with a wrong secret', () => {
  let cluster: TestCluster

  before(async () => {
    // A new cluster begins with all its founders.
    cluster = await TestCluster.start()
    await cluster.leader()
    await cluster.child(STRANGER).stop()
    await cluster.leader()
  })
  after(() => cluster?.stop())

  it('moves no byte over a link, and ends with one line that names the secret', async () => {
    const before = await bytesMoved(cluster)
    const child = cluster.launch(STRANGER, '--set', 'cluster.secret=a secret of strangers')
    const { code } = await child.exit
    assert.notEqual(code, 0)
    const last = child.lines.filter((line) => line.includes('"fatal":true'))
    assert.equal(last.length, 1, child.output)
    assert.match(last[0] as string, /cluster\.secret is not that of the others/)
    assert.deepEqual(await bytesMoved(cluster), before)
  })

  it('is admitted once its secret is right', async () => {
    const client = connect({ endpoints: [cluster.node(0).endpoint] })
    const { revision } = await client.kv.put('after', 'the wrong secret')
    await cluster.startNode(STRANGER)
    await cluster.caughtUp()
    const other = connect({ endpoints: [cluster.node(STRANGER).endpoint] })
    const { kvs } = await other.kv.get('after')
    assert.equal(kvs[0]?.modRevision, revision)
    for (const one of [client, other]) one.close()
  })
})

/** Bytes between the stranger and the others, as these count them. */
function bytesMoved(cluster: TestCluster): Promise<readonly (readonly number[])[]> {
  return Promise.all(
    [0, 1].map(async (node) => {
      const links = (await cluster.status(node))?.links ?? []
      const stranger = links.find(({ name }) => name === cluster.node(STRANGER).name)
      assert.equal(stranger?.connected, false)
      return [stranger?.sentBytes ?? 0, stranger?.receivedBytes ?? 0]
    }),
  )
}
