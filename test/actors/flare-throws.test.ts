/** Each of FlareDB's actors throws under load, and comes back as its peers are: nothing acknowledged is lost. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLARE_OPTIONS, SYSTEM } from '../../src/actors/flare-options.ts'
import { GROUP_LIMITS } from '../../src/actors/options.ts'
import { supervisionTree } from '../../src/actors/tree.ts'
import { type NodeName, nodeName } from '../../src/base/ids.ts'
import { regionId } from '../../src/core/region/types.ts'
import { CHAINFIRE } from '../support/inline-cluster.ts'
import { RegionCluster } from '../support/region-cluster.ts'

/** Which key of a kind is made to throw. A kind of the tree that is missing here fails the test below. */
const VICTIMS: Readonly<Record<string, (victim: NodeName) => string>> = {
  'timestamp-oracle': () => SYSTEM,
  'placement-driver': () => SYSTEM,
  store: (victim) => victim,
  region: () => '1',
  'region-keeper': () => '1',
}

const base = {
  node: nodeName('n1'),
  founders: [nodeName('n1')],
  groups: [CHAINFIRE],
  workers: 1,
  incarnation: 'n1',
  rejoin: false,
  limits: GROUP_LIMITS,
}
const without = new Set(supervisionTree({ ...base, flare: undefined }).map(({ kind }) => kind))
const tree = supervisionTree({ ...base, flare: FLARE_OPTIONS })

for (const { kind, placement } of tree.filter((child) => !without.has(child.kind))) {
  test(`${kind} throws under load and comes back as its peers are`, async () => {
    const keyOf = VICTIMS[kind]
    assert.ok(keyOf !== undefined, `no case for the kind ${kind}`)
    const cluster = new RegionCluster({
      nodes: 3,
      driver: true,
      region: { logEntries: 20, keepEntries: 5, splitBytes: 10_000, maxBytes: 30_000 },
    })
    const { id, namespace } = await cluster.foundByDriver()
    assert.equal(id, regionId(1))
    const leader = await cluster.serving(id)
    const follower = cluster.names.find((name) => name !== leader) as NodeName
    const acknowledged = new Map<string, string>()
    for (const victim of [leader, follower]) {
      const shard = placement === 'main' ? 0 : 1
      const { events } = cluster.node(victim)
      const before = events.length
      const fell = () =>
        events.slice(before).some(({ type, at }) => type === 'restarting' && at.kind === kind)
      for (let i = 0; i < 60 || (i < 1000 && !fell()); i++) {
        const [key, value] = [`k${i % 100}`, `${victim} ${i} ${'v'.repeat(300)}`]
        await cluster.putAnywhere(key, value)
        acknowledged.set(key, value)
        if (i % 5 === 0) await cluster.world.advance(50)
        if (i === 20) assert.ok(cluster.node(victim).shard(shard).throwNext(kind, keyOf(victim)))
      }
      assert.ok(fell(), 'the throw came under load')
    }
    await cluster.world.advance(5000)
    const regions = await cluster.routes(namespace)
    assert.ok(regions.length > 1, 'it split meanwhile')
    const found = new Map<string, string | undefined>()
    for (const { descriptor } of regions) {
      for (const key of await cluster.keys(descriptor.id)) {
        found.set(key, await cluster.get(key, descriptor.id))
      }
      const states = cluster.names.map((name) => cluster.peer(name, descriptor.id)?.state.meta())
      for (const state of states) assert.deepEqual(state, states[0])
    }
    assert.deepEqual(
      [...found].sort(([a], [b]) => (a < b ? -1 : 1)),
      [...acknowledged].sort(([a], [b]) => (a < b ? -1 : 1)),
    )
  })
}
