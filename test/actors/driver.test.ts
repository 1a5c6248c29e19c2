/** The driver's actors over real groups: namespaces, routes, ids, beats, and what a new leader knows of them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLARE_OPTIONS, PLACEMENT_DRIVER, SYSTEM } from '../../src/actors/flare-options.ts'
import { EMPTY } from '../../src/base/bytes.ts'
import type { NodeName } from '../../src/base/ids.ts'
import {
  type NamespaceId,
  namespaceId,
  type RegionDescriptor,
} from '../../src/core/region/types.ts'
import { address, shardOfKey } from '../../src/runtime/address.ts'
import type { Message } from '../../src/runtime/message.ts'
import type {
  DriverBeat,
  DriverBeaten,
  DriverMessage,
  DriverNamespaceIs,
  DriverNamespacesAre,
  DriverRefused,
  DriverRoutesAre,
} from '../../src/wire/messages/driver.ts'
import { InlineCluster } from '../support/inline-cluster.ts'

const LOAD = { peers: 0, leaders: 0, bytes: 0, freeBytes: 2 ** 40, writes: 0, reads: 0 }
const beat = (name: NodeName, more: Partial<DriverBeat> = {}): DriverBeat => ({
  kind: 'driver.beat',
  incarnation: `${name}-first`,
  labels: [],
  load: LOAD,
  driverEpoch: 0,
  reports: [],
  orphans: [],
  ...more,
})

class Conversation {
  readonly nodes = new InlineCluster({ nodes: 3, flare: FLARE_OPTIONS })

  /** One try. */
  async once(name: NodeName, message: DriverMessage): Promise<Message> {
    const shard = shardOfKey(SYSTEM, this.nodes.workers)
    const to = address(name, PLACEMENT_DRIVER, SYSTEM)
    const asked = this.nodes.node(name).outside(shard).ask(to, message, 8000)
    const outcome = await this.nodes.answer(asked)
    assert.ok(outcome.ok, `${message.kind} was not answered`)
    return outcome.message
  }

  /** Again while nobody drives. */
  async ask<M extends Message>(name: NodeName, message: DriverMessage): Promise<M> {
    for (let i = 0; i < 100; i++) {
      const answer = await this.once(name, message)
      const nobody =
        answer.kind === 'driver.refused' && (answer as DriverRefused).reason === 'no-leader'
      if (!nobody) return answer as M
      await this.nodes.world.advance(100)
    }
    throw new Error(`nobody answers ${message.kind}`)
  }

  async beats(): Promise<void> {
    for (const name of this.nodes.names) {
      if (!this.nodes.node(name).ended) await this.ask<DriverBeaten>(name, beat(name))
    }
  }

  routes(name: NodeName, namespace: NamespaceId): Promise<DriverRoutesAre> {
    return this.ask(name, { kind: 'driver.routes', namespace, from: EMPTY, limit: 10 })
  }
}

test('a namespace made through any node has one region over three stores, and all nodes know it', async () => {
  const talk = new Conversation()
  const [n1, n2, n3] = talk.nodes.names as [NodeName, NodeName, NodeName]
  await talk.beats()
  const made = await talk.ask<DriverNamespaceIs>(n2, {
    kind: 'driver.namespace-create',
    name: 'cache',
    mode: 'strong',
  })
  assert.deepEqual(made.namespace, { id: 1, name: 'cache', mode: 'strong', modeEpoch: 1 })
  for (const name of [n1, n2, n3]) {
    const { regions } = await talk.routes(name, made.namespace.id)
    assert.equal(regions.length, 1)
    const { descriptor } = regions[0] as { readonly descriptor: RegionDescriptor }
    assert.deepEqual(descriptor.peers.map(({ store }) => store).sort(), [n1, n2, n3])
    assert.deepEqual(descriptor.epoch, { version: 1, confVer: 1 })
  }
  const again = await talk.ask<DriverRefused>(n1, {
    kind: 'driver.namespace-create',
    name: 'cache',
    mode: 'strong',
  })
  assert.equal(again.reason, 'exists')
})

test('nobody hears of a namespace that is not on the disks of a majority', async () => {
  const talk = new Conversation()
  await talk.beats()
  const leader = await talk.nodes.leader(20_000, SYSTEM)
  // The leader is alone from the moment in which the namespace goes to its own disk.
  talk.nodes.onCommit = (name, ops) => {
    const seen = ops.some((op) => op.type === 'put' && Buffer.from(op.value).includes('lost'))
    if (!seen || name !== leader) return true
    for (const other of talk.nodes.names) if (other !== leader) talk.nodes.world.cut(leader, other)
    return true
  }
  const to = address(leader, PLACEMENT_DRIVER, SYSTEM)
  const create = { kind: 'driver.namespace-create', name: 'lost', mode: 'strong' } as Message
  const shard = shardOfKey(SYSTEM, talk.nodes.workers)
  const asked = talk.nodes.node(leader).outside(shard).ask(to, create, 4000)
  const outcome = await talk.nodes.answer(asked)
  const kind = outcome.ok ? outcome.message.kind : outcome.reason
  assert.ok(['timeout', 'driver.refused'].includes(kind), kind)
})

test('default comes to be when it is first asked for, once, and survives leaders', async () => {
  const talk = new Conversation()
  await talk.beats()
  const asked: DriverMessage = { kind: 'driver.namespaces', name: 'default' }
  const all = await Promise.all(
    talk.nodes.names.map((name) => talk.ask<DriverNamespacesAre>(name, asked)),
  )
  const ids = new Set(all.map(({ namespaces }) => namespaces[0]?.namespace.id))
  assert.equal(ids.size, 1)
  const leader = await talk.nodes.leader(20_000, SYSTEM)
  talk.nodes.crash(leader)
  const other = talk.nodes.names.find((name) => name !== leader) as NodeName
  const after = await talk.ask<DriverNamespacesAre>(other, asked)
  assert.equal(after.namespaces.length, 1)
  assert.equal(after.namespaces[0]?.namespace.id, [...ids][0])
  const { regions } = await talk.routes(other, namespaceId(Number([...ids][0])))
  assert.equal(regions.length, 1)
})
