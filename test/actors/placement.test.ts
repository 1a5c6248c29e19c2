/** The driver over real regions: what it places, and that another driver goes on in the middle. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLARE_OPTIONS, PLACEMENT_DRIVER, SYSTEM } from '../../src/actors/flare-options.ts'
import { type NodeName, nodeName } from '../../src/base/ids.ts'
import { type RegionDescriptor, type RegionId, regionId } from '../../src/core/region/types.ts'
import type { Message } from '../../src/runtime/message.ts'
import type {
  DriverExplained,
  DriverMessage,
  DriverNamespaceIs,
  DriverNamespacesAre,
  DriverRefused,
  DriverRegionsAre,
  DriverStoresAre,
} from '../../src/wire/messages/driver.ts'
import { RegionCluster, rowsOf } from '../support/region-cluster.ts'
import { bytes } from '../support/requests.ts'

const PLACEMENT = { ...FLARE_OPTIONS.placement, settleMs: 2000, deadMs: 20_000 }

class Placed {
  readonly nodes = new RegionCluster({
    nodes: 3,
    driver: true,
    workers: 1,
    flare: { ...FLARE_OPTIONS, placement: PLACEMENT },
  })

  async ask<M extends Message>(message: DriverMessage): Promise<M> {
    for (let i = 0; i < 200; i++) {
      const name = this.living[i % this.living.length] as NodeName
      const answer = await this.nodes.askAt(name, PLACEMENT_DRIVER, SYSTEM, message)
      const reason = answer.kind === 'driver.refused' && (answer as DriverRefused).reason
      if (reason !== 'no-leader') return answer as M
      await this.nodes.world.advance(100)
    }
    throw new Error(`nobody answers ${message.kind}`)
  }

  get living(): readonly NodeName[] {
    return this.nodes.names.filter((name) => !this.nodes.node(name).ended)
  }

  async regions(): Promise<DriverRegionsAre['regions']> {
    const are = await this.ask<DriverRegionsAre>({
      kind: 'driver.regions',
      namespace: undefined,
      from: regionId(0),
      limit: 1000,
    })
    return are.regions
  }

  async region(id: RegionId): Promise<RegionDescriptor> {
    const found = (await this.regions()).find(({ descriptor }) => descriptor.id === id)
    assert.ok(found, `region ${id} is known`)
    return found.descriptor
  }

  async stores(): Promise<DriverStoresAre['stores']> {
    return (await this.ask<DriverStoresAre>({ kind: 'driver.stores' })).stores
  }

  /** Lets time pass until it is so. */
  async until(what: string, holds: () => Promise<boolean>, patienceMs = 120_000): Promise<void> {
    for (let waited = 0; waited < patienceMs; waited += 500) {
      if (await holds()) return
      await this.nodes.world.advance(500)
    }
    assert.fail(`${what}, after ${patienceMs} ms: ${await this.told()}`)
  }

  async told(): Promise<string> {
    const regions = await this.regions()
    return regions
      .map(({ descriptor, leader, doing }) => {
        const peers = descriptor.peers.map(({ store, role, peer }) => `${store}:${role}:${peer}`)
        return `${descriptor.id} ${leader} ${peers} ${doing}`
      })
      .join('\n')
  }

  settled(): Promise<boolean> {
    return this.regions().then((all) =>
      all.every(({ doing, descriptor: { peers } }) => {
        return doing === undefined && peers.every(({ role }) => role === 'voter')
      }),
    )
  }

  storesOf = async (id: RegionId): Promise<readonly string[]> =>
    (await this.region(id)).peers.map(({ store }) => store).sort()
}

test('by hand: a lead is handed over, a region is split, moved, and each rule says why it does nothing', async () => {
  const placed = new Placed()
  const { id } = await placed.nodes.foundByDriver()
  for (let i = 0; i < 20; i++) await placed.nodes.putAnywhere(`key${i}`, `value${i}`)
  const split = { action: 'split', keys: [bytes('key15')] } as const
  const done = await placed.ask({ kind: 'driver.region-do', region: id, action: split })
  assert.equal(done.kind, 'driver.done', JSON.stringify(done))
  await placed.until('two regions', async () => (await placed.regions()).length === 2)
  const leaderOf = async () =>
    (await placed.regions()).find((it) => it.descriptor.id === id)?.leader
  const before = await leaderOf()
  const to = placed.nodes.names.find((name) => name !== before) as NodeName
  const handed = await placed.ask({
    kind: 'driver.region-do',
    region: id,
    action: { action: 'transfer', to },
  })
  assert.equal(handed.kind, 'driver.done', JSON.stringify(handed))
  await placed.until('another leads', async () => (await leaderOf()) === to)
  const { verdicts } = await placed.ask<DriverExplained>({ kind: 'driver.explain', region: id })
  const rule = (name: string) => verdicts.find((verdict) => verdict.rule === name)
  assert.match(rule('enough-replicas')?.reason ?? '', /3 replicas, as it should/)
  assert.ok(verdicts.every(({ acts }) => !acts))
  const nowhere = await placed.ask<DriverRefused>({
    kind: 'driver.region-do',
    region: id,
    action: { action: 'move', from: to, to: nodeName('n9') },
  })
  assert.match(nowhere.text, /n9 cannot take it; no store can/)
  for (let i = 0; i < 20; i++) await placed.nodes.putAnywhere(`key${i}`, `again${i}`)
})

test('a fourth node becomes a store by beating, and replicas move to it; drained, it gives them back', async () => {
  const placed = new Placed()
  const { id } = await placed.nodes.foundByDriver()
  for (let i = 0; i < 40; i++) await placed.nodes.putAnywhere(`key${i}`, 'x')
  const keys = ['key1', 'key2', 'key3'].map(bytes)
  await placed.ask({ kind: 'driver.region-do', region: id, action: { action: 'split', keys } })
  await placed.until('four regions', async () => (await placed.regions()).length === 4)
  const fourth = nodeName('n4')
  placed.nodes.start(fourth)
  await placed.until('the fourth holds its share', async () => {
    const load = (await placed.stores()).find(({ name }) => name === fourth)?.load
    return (load?.peers ?? 0) >= 3 && (await placed.settled())
  })
  for (const { descriptor } of await placed.regions()) assert.equal(descriptor.peers.length, 3)
  await placed.ask({ kind: 'driver.store-set', name: fourth, state: 'draining' })
  await placed.until('the fourth holds nothing', async () => {
    const regions = await placed.regions()
    const held = regions.some(({ descriptor }) =>
      descriptor.peers.some((it) => it.store === fourth),
    )
    return !held && (await placed.settled())
  })
  const gone = await placed.ask({ kind: 'driver.store-set', name: fourth, state: 'gone' })
  assert.equal(gone.kind, 'driver.done')
  for (let i = 0; i < 40; i++) await placed.nodes.putAnywhere(`key${i}`, 'y')
})

test('a store that lost its disk is another store: its replicas are made anew', async () => {
  const placed = new Placed()
  const { id } = await placed.nodes.foundByDriver()
  await placed.nodes.putAnywhere('a', '1')
  const wiped = placed.nodes.names.at(-1) as NodeName
  placed.nodes.wipe(wiped)
  placed.nodes.start(wiped, { incarnation: 'second', rejoin: true })
  await placed.until('it is back under its new incarnation', async () => {
    const { peers } = await placed.region(id)
    const back = peers.find(({ store }) => store === wiped)
    return back?.incarnation === 'second' && peers.length === 3 && (await placed.settled())
  })
  await placed.nodes.putAnywhere('a', '2')
})

test('a store dead for longer than the limit is replaced by another', async () => {
  const placed = new Placed()
  placed.nodes.start(nodeName('n4'))
  const { id } = await placed.nodes.foundByDriver()
  await placed.nodes.putAnywhere('a', '1')
  const before = await placed.storesOf(id)
  const system = await placed.nodes.leader(20_000, SYSTEM)
  const victim = before.find((name) => name !== system && name !== 'n4') as NodeName
  placed.nodes.crash(victim)
  await placed.until('others hold it', async () => {
    const now = await placed.storesOf(id)
    return !now.includes(victim) && now.length === 3 && (await placed.settled())
  })
  await placed.nodes.putAnywhere('a', '2')
})

test('another driver goes on with a move wherever the first one died', async () => {
  for (const afterMs of [0, 60, 250, 500, 900]) {
    const placed = new Placed()
    const fourth = nodeName('n4')
    const { id } = await placed.nodes.foundByDriver()
    placed.nodes.start(fourth)
    await placed.nodes.putAnywhere('a', '1')
    await placed.until('the fourth is known', async () => (await placed.stores()).length === 4)
    const from = (await placed.region(id)).peers[0]?.store as NodeName
    await placed.ask({
      kind: 'driver.region-do',
      region: id,
      action: { action: 'move', from, to: fourth },
    })
    await placed.nodes.world.advance(afterMs)
    const system = await placed.nodes.leader(20_000, SYSTEM)
    placed.nodes.crash(system)
    await placed.nodes.world.advance(4000)
    placed.nodes.start(system)
    await placed.until(`moved, the driver died after ${afterMs} ms`, async () => {
      const { peers } = await placed.region(id)
      return (
        peers.length === 3 &&
        peers.some(({ store }) => store === fourth) &&
        (await placed.settled())
      )
    })
    await placed.nodes.putAnywhere('a', '2')
  }
})

test('a driver that dies while it makes a namespace leaves it made whole, or not at all', async () => {
  for (const afterMs of [0, 1, 2, 5, 20]) {
    const placed = new Placed()
    await placed.until('three stores', async () => (await placed.stores()).length === 3)
    const system = await placed.nodes.leader(20_000, SYSTEM)
    const other = placed.nodes.names.find((name) => name !== system) as NodeName
    const create: DriverMessage = { kind: 'driver.namespace-create', name: 'cut', mode: 'strong' }
    const asked = placed.nodes.askAt(other, PLACEMENT_DRIVER, SYSTEM, create)
    await placed.nodes.world.advance(afterMs)
    placed.nodes.crash(system)
    const first = await asked
    placed.nodes.start(system)
    const again = await placed.ask<DriverNamespaceIs | DriverRefused>(create)
    const told = again.kind === 'driver.refused' ? again.reason : again.kind
    const answered = first.kind === 'driver.namespace-is'
    assert.ok(told === 'exists' || (told === 'driver.namespace-is' && !answered), told)
    const { namespaces } = await placed.ask<DriverNamespacesAre>({
      kind: 'driver.namespaces',
      name: 'cut',
    })
    assert.equal(namespaces.length, 1)
    await placed.nodes.putAnywhere('a', '1')
  }
})

test('a dropped namespace leaves nothing behind on any store, and its name is free again', async () => {
  const placed = new Placed()
  const { id } = await placed.nodes.foundByDriver()
  for (let i = 0; i < 20; i++) await placed.nodes.putAnywhere(`key${i}`, 'x')
  const keys = [bytes('key1')]
  await placed.ask({ kind: 'driver.region-do', region: id, action: { action: 'split', keys } })
  await placed.until('two regions', async () => (await placed.regions()).length === 2)
  await placed.ask({ kind: 'driver.namespace-drop', name: 'test' })
  await placed.until('no peer is left', async () => {
    const stores = placed.nodes.names.map((name) => {
      const store = placed.nodes.node(name).shard(0).actor('store', name)?.inspect?.()
      return (store as { readonly peers: readonly object[] }).peers.length
    })
    return stores.every((peers) => peers === 0)
  })
  assert.deepEqual(await placed.regions(), [])
  for (const name of placed.nodes.names) assert.deepEqual(await rowsOf(placed.nodes, name), [])
  const again = await placed.ask<DriverNamespaceIs>({
    kind: 'driver.namespace-create',
    name: 'test',
    mode: 'strong',
  })
  assert.equal(again.namespace.id, 2)
  await placed.nodes.putAnywhere('key', 'y')
})
