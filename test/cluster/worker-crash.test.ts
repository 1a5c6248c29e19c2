/** A worker thread dies under load: its process stays, its actors come back from disk, the rest goes on. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { chainfireOf, TestCluster, until } from '../support/cluster.ts'
import type { Load } from '../support/load.ts'
import { type LoadedCluster, startLoadedCluster } from '../support/loaded-cluster.ts'
import { workerTicks } from '../support/threads.ts'

const PAUSE_MS = 2 * 3000

describe('the worker that carries Chainfire crashes under load', () => {
  let loaded: LoadedCluster
  let cluster: TestCluster
  let load: Load

  before(async () => {
    loaded = await startLoadedCluster(200)
    ;({ cluster, load } = loaded)
  })
  after(() => loaded?.stop())

  it('at a follower, which stays up and catches up', async () => {
    await crash(cluster, load, ((await cluster.leader()) + 1) % 3)
  })
  it('at the leader, too', async () => crash(cluster, load, await cluster.leader()))

  it('and nothing acknowledged is lost', async () => {
    await load.stop()
    await load.verifyAt(...cluster.endpoints)
  })

  it('and the node that lost a thread still ends clean', async () => {
    const exits = await Promise.all([0, 1, 2].map((node) => cluster.child(node).stop()))
    assert.deepEqual(
      exits.map(({ code }) => code),
      [0, 0, 0],
    )
  })
})

async function crash(cluster: TestCluster, load: Load, node: number): Promise<void> {
  const shard = await cluster.shardOf(node, 'chainfire')
  const { pid } = cluster.child(node)
  await cluster.fault(node, 'crash-shard', { shard })
  await cluster.child(node).line(/a shard crashed, another thread takes its place/, 10_000)
  const pause = await load.pauseAfter(performance.now())
  assert.ok(pause < PAUSE_MS, `${pause} ms without an answer`)
  await until(
    20_000,
    () => 'the group is not back',
    async () => {
      const view = chainfireOf(await cluster.status(node))
      return view !== undefined && view.role !== 'recovering'
    },
  )
  await cluster.caughtUp()
  await load.more(100)
  assert.equal((await cluster.status(node))?.pid, pid)
  assert.equal(cluster.child(node).process.exitCode, null)
}

const GROUPS = 16

interface GroupLoad {
  readonly group: string
  readonly acknowledged: number
  readonly failed: number
  readonly longestPauseMs: number
}

describe('one of two shards crashes while 16 groups are written to', () => {
  const puts = 200
  let cluster: TestCluster
  let crashed: readonly string[]
  let results: readonly GroupLoad[]
  let ticks: { readonly before: number[]; readonly after: number[] }

  before(async () => {
    const sets = ['debug.faults=true', 'flare.enabled=false', `debug.groups=${GROUPS - 1}`]
    cluster = await TestCluster.start({ sets })
    await cluster.leader()
    await cluster.post(0, '/debug/groups?puts=20&at_once=1')
    const shards = (await cluster.status(0))?.shards ?? []
    crashed = shards.find(({ shard }) => shard === 1)?.groups.map(({ group }) => group) ?? []
    const { pid } = cluster.child(0)
    const ticksBefore = workerTicks(pid)
    const loading = cluster.post(0, `/debug/groups?puts=${puts}&at_once=2`)
    await until(
      20_000,
      () => 'the load does not get under way',
      async () => {
        const views = (await cluster.status(0))?.shards.flatMap(({ groups }) => groups) ?? []
        return views.length === GROUPS && views.every(({ revision }) => revision > 60)
      },
    )
    ticks = { before: ticksBefore, after: workerTicks(pid) }
    await cluster.fault(0, 'crash-shard', { shard: 1 })
    results = (await loading) as readonly GroupLoad[]
  })
  after(() => cluster?.stop())

  it('has groups on both', () => {
    assert.equal(results.length, GROUPS)
    assert.ok(crashed.length > 0 && crashed.length < GROUPS, `${crashed.length} on shard 1`)
  })

  it('commits in the groups of the other throughout', () => {
    for (const { group, acknowledged, failed, longestPauseMs } of results) {
      if (crashed.includes(group)) continue
      assert.equal(acknowledged, puts, `${group}: ${failed} failed`)
      assert.ok(longestPauseMs < 2000, `${group} stood still for ${longestPauseMs} ms`)
    }
  })

  it('loses answers in the groups of the crashed one: it crashed while they were written to', () => {
    assert.ok(results.some(({ group, failed }) => crashed.includes(group) && failed > 0))
  })

  it('goes on in the groups of the crashed one when it is back', async () => {
    const again = (await cluster.post(0, '/debug/groups?puts=10')) as readonly GroupLoad[]
    assert.deepEqual(
      again.map(({ acknowledged }) => acknowledged),
      Array(GROUPS).fill(10),
    )
  })

  it('had used the CPU by both workers', () => {
    const used = ticks.after.map((after, i) => after - (ticks.before[i] ?? 0))
    assert.equal(used.length, 2)
    for (const of of used) assert.ok(of > 0, `CPU ticks of the workers: ${used}`)
  })
})
