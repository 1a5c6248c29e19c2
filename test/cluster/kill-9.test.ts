/**
 * A client writes numbered keys at 200 a second while every node in turn is killed with -9 and started
 * again, and then all three at once. `PLASMA_LONG=1` goes on for a minute.
 */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { TestCluster } from '../support/cluster.ts'
import { Load } from '../support/load.ts'

/** 3 s are promised; twice that on a machine that others use too. */
const PAUSE_MS = 2 * 3000
const LEAST_MS = process.env.PLASMA_LONG === undefined ? 0 : 60_000

describe('under kill -9 of every node in turn, and then of all at once', () => {
  let cluster: TestCluster
  let load: Load

  before(async () => {
    cluster = await TestCluster.start()
    await cluster.leader()
    load = new Load({ endpoints: cluster.endpoints, perSecond: 200 })
    await load.more(200)
  })
  after(async () => {
    await load?.stop()
    await cluster?.stop()
  })

  it('writes go on within seconds of a death, a leader’s too', async () => {
    const began = performance.now()
    let leaders = 0
    do {
      for (const victim of [0, 1, 2]) {
        leaders += await killAndRestart(cluster, load, victim)
      }
      // Whoever leads by now dies as well: the three in turn may all have been followers.
      leaders += await killAndRestart(cluster, load, await cluster.leader())
    } while (performance.now() - began < LEAST_MS)
    assert.ok(leaders > 0, 'at least one leader died')
  })

  it('has every acknowledged write after all died at once, with growing revisions', async () => {
    await Promise.all([0, 1, 2].map((node) => cluster.kill(node)))
    await Promise.all([0, 1, 2].map((node) => cluster.startNode(node)))
    await load.more(200)
    await load.stop()
    await load.verifyAt(...cluster.endpoints)
  })
})

/** 1 if it led. Returns once the node is back with all that its peers have committed. */
async function killAndRestart(cluster: TestCluster, load: Load, victim: number): Promise<number> {
  const led = (await cluster.leader()) === victim
  await cluster.kill(victim)
  const pause = await load.pauseAfter(performance.now())
  assert.ok(pause < PAUSE_MS, `${pause} ms without an answer after node ${victim} died`)
  await cluster.startNode(victim)
  await cluster.caughtUp()
  return led ? 1 : 0
}
