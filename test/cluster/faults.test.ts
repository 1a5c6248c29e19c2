/** A leader that does not die but stops: frozen, with a disk that stalls, or with a full one. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect, type PlasmaClient } from '../../src/client/connect.ts'
import { CallFailed } from '../../src/client/failure.ts'
import { TestCluster } from '../support/cluster.ts'
import { Load } from '../support/load.ts'

const PAUSE_MS = 2 * 3000
/** Longer than any election. */
const STALL_MS = 8000

describe('a leader that stands still', () => {
  let cluster: TestCluster
  let load: Load
  let clients: readonly PlasmaClient[]

  before(async () => {
    cluster = await TestCluster.start({ sets: ['debug.faults=true'] })
    await cluster.leader()
    clients = cluster.endpoints.map((endpoint) => connect({ endpoints: [endpoint] }))
    load = new Load({ endpoints: cluster.endpoints, perSecond: 100 })
    await load.more(100)
  })
  after(async () => {
    for (const client of clients ?? []) client.close()
    await load?.stop()
    await cluster?.stop()
  })

  const at = (node: number): PlasmaClient => clients[node] as PlasmaClient

  it('is replaced while frozen, and tells nothing old when it wakes', async () => {
    const leader = await cluster.leader()
    const { pid } = cluster.child(leader)
    process.kill(pid, 'SIGSTOP')
    try {
      const pause = await load.pauseAfter(performance.now())
      assert.ok(pause < PAUSE_MS, `${pause} ms without an answer`)
      await at((leader + 1) % 3).kv.put('written', 'while it slept')
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    const { kvs } = await at(leader).kv.get('written')
    assert.equal(Buffer.from(kvs[0]?.value ?? []).toString(), 'while it slept')
    await cluster.caughtUp()
  })

  it('holds up nobody for long when its disk stalls', async () => {
    const leader = await cluster.leader()
    await cluster.fault(leader, 'stall-disk', { ms: STALL_MS })
    const pause = await load.pauseAfter(performance.now() + 500)
    assert.ok(pause < PAUSE_MS, `${pause} ms without an answer`)
    await cluster.fault(leader, 'stall-disk', { ms: 0 })
    await cluster.caughtUp(60_000)
  })

  it('refuses writes while its disk is full, and takes them again', async () => {
    const leader = await cluster.leader()
    await cluster.fault(leader, 'fill-disk', { full: true })
    await assert.rejects(
      (async () => {
        for (let i = 0; i < 100; i++) await at(leader).kv.put('full', `${i}`)
      })(),
      (error) => error instanceof CallFailed && /space/.test(error.message),
    )
    assert.ok((await at(leader).kv.get('written')).count === 1, 'reads go on')
    await cluster.fault(leader, 'fill-disk', { full: false })
    await load.more(50)
    await at(leader).kv.put('full', 'no more')
  })

  it('and nothing acknowledged is lost', async () => {
    await load.stop()
    await load.verifyAt(...cluster.endpoints)
  })
})
