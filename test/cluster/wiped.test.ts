/** One of three loses its data directory: it must not vote as if it were new, and comes back by `--rejoin`. */

import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { chainfireOf, TestCluster, until } from '../support/cluster.ts'
import { Load } from '../support/load.ts'

describe('one of three is wiped', () => {
  let cluster: TestCluster
  let load: Load
  let wiped: number

  before(async () => {
    cluster = await TestCluster.start()
    wiped = ((await cluster.leader()) + 1) % 3
    load = new Load({ endpoints: cluster.endpoints, perSecond: 100 })
    await load.more(100)
    await cluster.kill(wiped)
    rmSync(cluster.node(wiped).data, { recursive: true })
  })
  after(async () => {
    await load?.stop()
    await cluster?.stop()
  })

  it('and ends with one line that offers --rejoin', async () => {
    const child = cluster.launch(wiped)
    const { code } = await child.exit
    assert.notEqual(code, 0)
    const said = child.lines.filter((line) => line.includes('--rejoin'))
    assert.equal(said.length, 1, child.output)
  })

  it('and does so without having voted: with it alone there is no majority', async () => {
    const leader = await cluster.leader()
    const follower = [0, 1, 2].find((node) => node !== wiped && node !== leader) as number
    await cluster.kill(follower)
    const momentMs = performance.now()
    const child = cluster.launch(wiped)
    const { code } = await child.exit
    assert.notEqual(code, 0, child.output)
    const answered = load.acknowledged.filter(({ startedMs }) => startedMs >= momentMs)
    assert.equal(answered.length, 0, 'nothing was committed by the leader and the wiped one')
    await cluster.startNode(follower)
    await cluster.leader()
    await load.more(100)
  })

  it('and rejoins as a member, under load', async () => {
    rmSync(cluster.node(wiped).data, { recursive: true, force: true })
    await cluster.startNode(wiped, '--rejoin')
    await until(
      60_000,
      () => `no voter: ${cluster.child(wiped).lines.slice(-5).join('\n')}`,
      async () => {
        const views = await Promise.all([0, 1, 2].map((node) => cluster.status(node)))
        return views.every((view) => {
          const { voters, learners } = chainfireOf(view) ?? { voters: [], learners: [] }
          return voters.length === 3 && learners.length === 0
        })
      },
    )
    await cluster.caughtUp()
  })

  it('and then holds all that was acknowledged, and counts for a majority', async () => {
    const gone = [0, 1, 2].find((node) => node !== wiped) as number
    await cluster.kill(gone)
    await load.pauseAfter(performance.now())
    await load.stop()
    await load.verifyAt(cluster.node(wiped).endpoint)
  })

  it('and starts again as what it is, without --rejoin', async () => {
    await cluster.child(wiped).stop()
    await cluster.startNode(wiped)
    await cluster.leader()
    await load.verifyAt(cluster.node(wiped).endpoint)
  })
})
