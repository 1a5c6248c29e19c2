/** What `acknowledged` means, as the kernel saw it: a majority had the put on disk before its answer. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect } from '../../src/client/connect.ts'
import { TestCluster } from '../support/cluster.ts'
import { Strace, type SyncCall, unlessTraceable } from '../support/strace.ts'

const PUTS = 100
const WARM_UP = 20
const MAJORITY = 2

interface Span {
  readonly sentMs: number
  readonly answeredMs: number
}

describe('one client puts at the leader, under strace', { skip: unlessTraceable() }, () => {
  let cluster: TestCluster
  const puts: Span[] = []
  let calls: readonly (readonly SyncCall[])[]

  before(async () => {
    cluster = await TestCluster.start()
    const leader = await cluster.leader()
    const client = connect({ endpoints: [cluster.node(leader).endpoint] })
    for (let i = 0; i < WARM_UP; i++) await client.kv.put('warm', `${i}`)
    await cluster.caughtUp()
    const traces = await Promise.all(
      cluster.nodes.map((_, i) => Strace.attach(cluster.child(i).pid)),
    )
    for (let i = 0; i < PUTS; i++) {
      const sentMs = wallMs()
      await client.kv.put('key', `value ${i}`)
      puts.push({ sentMs, answeredMs: wallMs() })
    }
    await cluster.caughtUp()
    calls = await Promise.all(traces.map((trace) => trace.detach()))
    client.close()
  })
  after(() => cluster?.stop())

  it('syncs on a majority between a put’s arrival and its answer', () => {
    for (const [i, { sentMs, answeredMs }] of puts.entries()) {
      const synced = calls.filter((ofNode) =>
        ofNode.some(({ beganMs, endedMs }) => beganMs > sentMs && endedMs < answeredMs),
      )
      assert.ok(synced.length >= MAJORITY, `put ${i} was on ${synced.length} disks when answered`)
    }
  })

  it('syncs once on each node for each put', () => {
    const counts = calls.map((ofNode) => ofNode.length)
    for (const count of counts) {
      // Room for what is not a put's: a heartbeat that found lazy writes too old.
      assert.ok(count >= PUTS && count <= PUTS * 1.05, `syncs per node for ${PUTS} puts: ${counts}`)
    }
  })
})

const wallMs = (): number => performance.timeOrigin + performance.now()
