/** Three processes over real links and disks: the main job. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect, type PlasmaClient } from '../../src/client/connect.ts'
import { textOf } from '../../src/client/shapes.ts'
import { TestCluster, until } from '../support/cluster.ts'

describe('three nodes', () => {
  let cluster: TestCluster
  let clients: PlasmaClient[]

  before(async () => {
    cluster = await TestCluster.start()
    await cluster.leader()
    clients = cluster.endpoints.map((endpoint) => connect({ endpoints: [endpoint] }))
  })
  after(async () => {
    for (const client of clients) client.close()
    await cluster.stop()
  })

  const client = (i: number): PlasmaClient => clients[i] as PlasmaClient
  const read = async (i: number, key: string): Promise<string | undefined> => {
    const { kvs } = await client(i).kv.get(key)
    return kvs[0] && textOf(kvs[0].value)
  }

  it('a put at any node is read at every other', async () => {
    for (const writer of [0, 1, 2]) {
      await client(writer).kv.put('greeting', `from ${writer}`)
      for (const reader of [0, 1, 2]) assert.equal(await read(reader, 'greeting'), `from ${writer}`)
    }
  })

  it('a watch at one node sees what another writes', async () => {
    const stop = new AbortController()
    const events = client(2).watch('watched', { signal: stop.signal })
    const created = (await events.next()).value
    assert.ok(created?.created)
    await client(0).kv.put('watched', 'x')
    const batch = (await events.next()).value
    assert.deepEqual(
      batch?.events.map(({ kv }) => textOf(kv.value)),
      ['x'],
    )
    stop.abort()
    await events.return()
  })

  it('every node names all members with the URLs that clients may dial', async () => {
    const urls = cluster.endpoints.map((endpoint) => `http://${endpoint}`).sort()
    for (const one of clients) {
      const members = await one.cluster.members()
      assert.deepEqual(members.flatMap(({ clientURLs }) => clientURLs).sort(), urls)
    }
  })

  it('every node meters the way to each of its peers and back', async () => {
    for (const { name, http } of cluster.nodes) {
      const peers = cluster.nodes.map((node) => node.name).filter((peer) => peer !== name)
      const counted = (peer: string) =>
        `etcd_network_peer_round_trip_time_seconds_count{To="${peer}"} [1-9]`
      await until(
        10_000,
        () => `${name} tells no round trip`,
        async () => {
          const text = await (await fetch(`http://${http}/metrics`)).text()
          return peers.every((peer) => new RegExp(counted(peer)).test(text))
        },
      )
    }
  })

  it('a clean stop ends with code 0, and the store opens again', async () => {
    assert.deepEqual(await cluster.child(1).stop('SIGTERM'), { code: 0, signal: null })
    await cluster.startNode(1)
    await cluster.leader()
    assert.equal(await read(1, 'greeting'), 'from 2')
  })
})
