/** The rules over modelled clusters: they end, they keep their limits, nothing they do makes it worse, and they say why. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { NodeName } from '../../../src/base/ids.ts'
import { explain } from '../../../src/core/placement/decide.ts'
import { crowding, storesOf } from '../../../src/core/placement/spread.ts'
import { storeOf } from '../../../src/core/placement/stores.ts'
import { LIMITS, ModelCluster, type ModelRegion, type ModelStore } from './cluster.ts'

const settings = fc.record({
  zones: fc.array(fc.constantFrom('a', 'b', 'c', undefined), { minLength: 3, maxLength: 6 }),
  regions: fc.array(
    fc.record({
      on: fc.uniqueArray(fc.nat({ max: 2 }), { minLength: 1, maxLength: 3 }),
      mib: fc.constantFrom(0, 0, 10, 64, 200),
    }),
    { minLength: 1, maxLength: 25 },
  ),
  /** These are set draining; those die. */
  drained: fc.uniqueArray(fc.nat({ max: 5 }), { maxLength: 1 }),
  dead: fc.uniqueArray(fc.nat({ max: 5 }), { maxLength: 1 }),
})

function clusterOf({ zones, regions }: typeof settings extends fc.Arbitrary<infer T> ? T : never) {
  const cluster = new ModelCluster()
  const names = zones.map((zone, i) => cluster.store(`n${i + 1}`, zone))
  regions.forEach(({ on, mib }, i) => {
    cluster.region(
      i + 1,
      on.map((at) => names[at] as NodeName),
      mib * 1024 * 1024,
    )
  })
  cluster.beat()
  return { cluster, names }
}

/** No region is without a living majority, and nothing exceeds the limits. */
function keepsLimits(cluster: ModelCluster): void {
  const { moves } = cluster.picture
  assert.ok(moves.size <= LIMITS.moves)
  for (const name of cluster.stores.keys()) {
    assert.ok(cluster.view.weight(name).moves <= LIMITS.movesPerStore, `${name} moves too much`)
  }
  for (const { descriptor } of cluster.regions.values()) {
    const voters = descriptor.peers.filter(({ role }) => role === 'voter')
    assert.ok(voters.length >= 1)
    const stores = new Set(descriptor.peers.map(({ store }) => store))
    assert.equal(stores.size, descriptor.peers.length, 'two replicas on one store')
  }
}

test('from any start it comes to rest, within its limits, with nothing left half done', () => {
  fc.assert(
    fc.property(settings, (drawn) => {
      const { cluster, names } = clusterOf(drawn)
      cluster.round()
      for (const at of drawn.drained) {
        const record = cluster.picture.stores.get(names[at] as NodeName)
        if (record)
          cluster.picture.put({
            of: 'store',
            id: record.name,
            now: { ...record, state: 'draining' },
          })
      }
      let rounds = 0
      let quiet = 0
      while (quiet < 3) {
        const decided = cluster.round()
        keepsLimits(cluster)
        quiet = decided.length === 0 && cluster.picture.moves.size === 0 ? quiet + 1 : 0
        rounds += 1
        assert.ok(
          rounds < 2000,
          `it goes on: ${JSON.stringify(decided.map(({ rule, wish }) => [rule, wish.reason]))}`,
        )
      }
      for (const { descriptor } of cluster.regions.values()) {
        assert.ok(descriptor.peers.every(({ role }) => role === 'voter'))
      }
    }),
    { numRuns: 150 },
  )
})

test('at rest stores are as full as they can be made, leaders are spread, regions lie in different zones', () => {
  const cluster = new ModelCluster()
  const names = ['a', 'a', 'b', 'b', 'c'].map((zone, i) => cluster.store(`n${i + 1}`, zone))
  const [n1, n2, n3] = names as [NodeName, NodeName, NodeName]
  for (let i = 1; i <= 30; i++) cluster.region(i, [n1, n2, n3])
  for (let i = 0; i < 500; i++) cluster.round()
  const view = cluster.view
  for (const seen of cluster.picture.regions.all()) {
    const stores = storesOf(view, seen.descriptor)
    for (const store of stores) {
      assert.equal(
        crowding(
          store,
          stores.filter((it) => it !== store),
        ),
        0,
        'two in one zone',
      )
    }
  }
  const leaders = names.map((name) => view.weight(name).leaders)
  assert.ok(Math.max(...leaders) - Math.min(...leaders) <= 2, `leaders ${leaders}`)
  // Zone c has one store for a third of all replicas; the others share theirs.
  const peers = names.map((name) => view.weight(name).peers)
  assert.equal(peers[4], 30)
  assert.ok(Math.abs((peers[0] as number) - (peers[1] as number)) <= 1, `peers ${peers}`)
  assert.ok(Math.abs((peers[2] as number) - (peers[3] as number)) <= 1, `peers ${peers}`)
})

test('no move of balance makes the fullest store fuller or the emptiest emptier', () => {
  const cluster = new ModelCluster()
  const names = ['n1', 'n2', 'n3', 'n4'].map((name) => cluster.store(name))
  const [n1, n2, n3] = names as [NodeName, NodeName, NodeName]
  const MIB = 1024 * 1024
  for (let i = 1; i <= 20; i++) cluster.region(i, [n1, n2, n3], (i % 4) * 40 * MIB)
  const squares = () => names.reduce((sum, name) => sum + cluster.view.weight(name).score ** 2, 0)
  cluster.beat()
  let before = squares()
  for (let i = 0; i < 300; i++) {
    const decided = cluster.round()
    if (cluster.picture.moves.size > 0) continue
    const after = squares()
    assert.ok(
      after <= before + 1e-6,
      `round ${i}: ${after} after ${before}, ${decided.map(({ rule }) => rule)}`,
    )
    before = after
  }
  const scores = names.map((name) => cluster.view.weight(name).score)
  assert.ok(Math.max(...scores) - Math.min(...scores) <= 4.5, `${scores}`)
})

test('what is under way counts: an empty store is not promised more than its share', () => {
  const cluster = new ModelCluster({ moves: 1000, movesPerStore: 1000 })
  const names = ['n1', 'n2', 'n3', 'n4'].map((name) => cluster.store(name))
  for (let i = 1; i <= 40; i++) cluster.region(i, names.slice(0, 3))
  const decided = cluster.round().filter(({ wish }) => wish.want === 'move')
  assert.equal(decided.length, 30)
})

/** What becomes of one region on n1, n2, n3, and who says why: a golden table. */
const TABLE: readonly {
  readonly when: string
  readonly change: (cluster: ModelCluster) => void
  readonly rule: string
  readonly reason: RegExp
  readonly moved?: readonly string[]
}[] = [
  {
    when: 'all is well',
    change: () => {},
    rule: 'enough-replicas',
    reason: /^it has 3 replicas, as it should$/,
    moved: ['n1', 'n2', 'n3'],
  },
  {
    when: 'a store is silent, not dead',
    change: (cluster) => {
      die(cluster, 'n3')
      cluster.nowMs += LIMITS.silentMs
    },
    rule: 'balance-replicas',
    reason: /^not all of its replicas are live$/,
    moved: ['n1', 'n2', 'n3'],
  },
  {
    when: 'a store is dead for longer than the limit',
    change: (cluster) => {
      die(cluster, 'n3')
      cluster.nowMs += LIMITS.deadMs
    },
    rule: 'replace-lost',
    reason: /^store n3 has not been heard of for 30 minutes$/,
    moved: ['n1', 'n2', 'n4'],
  },
  {
    when: 'a store lost its disk',
    change: (cluster) => {
      const store = cluster.stores.get('n3' as NodeName) as ModelStore
      store.incarnation = 'n3-2'
    },
    rule: 'replace-lost',
    reason: /^store n3 lost its disk$/,
  },
  {
    when: 'a store is drained',
    change: (cluster) => {
      const record = cluster.picture.stores.get('n2' as NodeName)
      if (record)
        cluster.picture.put({ of: 'store', id: record.name, now: { ...record, state: 'draining' } })
    },
    rule: 'drain',
    reason: /^store n2 is drained$/,
    moved: ['n1', 'n3', 'n4'],
  },
  {
    when: 'two of three are dead',
    change: (cluster) => {
      die(cluster, 'n2')
      die(cluster, 'n3')
      cluster.nowMs += LIMITS.deadMs
    },
    rule: 'replace-lost',
    reason: /but only 1 of 3 voters live: it cannot change$/,
    moved: ['n1', 'n2', 'n3'],
  },
]

function die(cluster: ModelCluster, name: string): void {
  const store = cluster.stores.get(name as NodeName) as ModelStore
  store.alive = false
}

for (const { when, change, rule, reason, moved } of TABLE) {
  test(`when ${when}, ${rule} says why`, () => {
    const cluster = new ModelCluster()
    const names = ['n1', 'n2', 'n3', 'n4'].map((name) => cluster.store(name))
    // n4 is as full as the others, so that nothing but need moves anything.
    const id = cluster.region(1, names.slice(0, 3))
    cluster.region(2, names.slice(1))
    cluster.region(3, [names[3], names[0], names[1]] as NodeName[])
    cluster.region(4, [names[2], names[3], names[0]] as NodeName[])
    cluster.round()
    change(cluster)
    cluster.beat()
    const verdict = explain(cluster.seen(id), cluster.view).find((it) => it.rule === rule)
    assert.match(verdict?.reason ?? '', reason)
    for (let i = 0; i < 40; i++) cluster.round()
    const { descriptor } = cluster.regions.get(id) as ModelRegion
    assert.ok(
      descriptor.peers.every((peer) => peer.incarnation !== 'n3-1' || moved?.includes('n3')),
    )
    if (moved) assert.deepEqual(descriptor.peers.map(({ store }) => store).sort(), moved)
  })
}

test('a store that lost its disk takes its place again when there is no other', () => {
  const cluster = new ModelCluster()
  const names = ['n1', 'n2', 'n3'].map((name) => cluster.store(name))
  const id = cluster.region(1, names)
  cluster.round()
  const wiped = cluster.stores.get('n3' as NodeName) as ModelStore
  wiped.incarnation = 'n3-2'
  for (let i = 0; i < 20; i++) cluster.round()
  const { descriptor } = cluster.regions.get(id) as ModelRegion
  const back = descriptor.peers.find(({ store }) => store === 'n3')
  assert.equal(back?.incarnation, 'n3-2')
  assert.equal(descriptor.peers.length, 3)
  assert.ok(storeOf(cluster.picture, back as never))
})

test('a region with a move is left alone, and a draining leader is handed on at once', () => {
  const cluster = new ModelCluster()
  const names = ['n1', 'n2', 'n3'].map((name) => cluster.store(name))
  const id = cluster.region(1, names)
  cluster.round()
  const record = cluster.picture.stores.get('n1' as NodeName)
  if (record)
    cluster.picture.put({ of: 'store', id: record.name, now: { ...record, state: 'draining' } })
  cluster.round()
  assert.notEqual(cluster.regions.get(id)?.leader, 'n1')
  const verdicts = explain(cluster.seen(id), cluster.view)
  const drain = verdicts.find(({ rule }) => rule === 'drain')
  assert.match(drain?.reason ?? '', /no other store can take a replica/)
})
