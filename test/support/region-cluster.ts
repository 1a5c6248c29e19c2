/** Regions on inline nodes: founding one, asking its leader, looking at its peers. */

import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import {
  FLARE_OPTIONS,
  type FlareOptions,
  PLACEMENT_DRIVER,
  SYSTEM,
} from '../../src/actors/flare-options.ts'
import type { RegionInspection } from '../../src/actors/region/status.ts'
import { EMPTY } from '../../src/base/bytes.ts'
import { type NodeName, peerId } from '../../src/base/ids.ts'
import { holdsKey } from '../../src/core/region/descriptor.ts'
import {
  type NamespaceId,
  namespaceId,
  type RegionAnswer,
  type RegionCommand,
  type RegionDescriptor,
  type RegionId,
  type RegionOrder,
  type RegionQuery,
  type RegionRefusal,
  type RegionResult,
  type RoutedRegion,
  regionId,
  type WriteOp,
} from '../../src/core/region/types.ts'
import type { ActorKind } from '../../src/runtime/actor.ts'
import { address, shardOfKey } from '../../src/runtime/address.ts'
import type { Message } from '../../src/runtime/message.ts'
import { ALL_DATA } from '../../src/storage/region-keyspace.ts'
import type {
  DriverNamespaceIs,
  DriverRoutes,
  DriverRoutesAre,
} from '../../src/wire/messages/driver.ts'
import type * as Region from '../../src/wire/messages/region.ts'
import type { StoreDone } from '../../src/wire/messages/store.ts'
import { type ClusterOptions, InlineCluster } from './inline-cluster.ts'
import { bytes, text } from './requests.ts'

export const NAMESPACE = namespaceId(1)
export const FIRST = regionId(1)

export interface RegionClusterOptions extends ClusterOptions {
  readonly region?: Partial<FlareOptions['region']>
  /** Left out, it says nothing: tests give its orders. */
  readonly driver?: boolean
}

export class RegionCluster extends InlineCluster {
  constructor(options: RegionClusterOptions) {
    const region = { ...FLARE_OPTIONS.region, ...options.region }
    const silenced = options.driver ? {} : { watchKind: silencing }
    super({ flare: { ...FLARE_OPTIONS, region }, ...silenced, ...options })
  }

  /** The first region of a namespace, one peer on each of these nodes. */
  async found(on: readonly NodeName[] = this.names): Promise<RegionDescriptor> {
    const descriptor: RegionDescriptor = {
      id: FIRST,
      namespace: NAMESPACE,
      from: EMPTY,
      to: EMPTY,
      epoch: { version: 1, confVer: 1 },
      peers: on.map((store, at) => ({
        peer: peerId(10 + at),
        store,
        incarnation: `${store}-first`,
        role: 'voter',
      })),
    }
    for (const name of on) {
      const create = { kind: 'store.create', descriptor } as Message
      const { refusal } = (await this.askAt(name, 'store', name, create)) as StoreDone
      assert.equal(refusal, undefined)
    }
    return descriptor
  }

  /** The same by the driver, which has to be there. */
  async foundByDriver(): Promise<RegionDescriptor> {
    const [name] = this.names as [NodeName]
    const create = { kind: 'driver.namespace-create', name: 'test', mode: 'strong' } as Message
    for (let tries = 0; tries < 100; tries++) {
      const made = await this.askAt(name, PLACEMENT_DRIVER, SYSTEM, create)
      if (made.kind === 'driver.namespace-is') {
        await this.world.advance(2000)
        const [region] = await this.routes((made as DriverNamespaceIs).namespace.id)
        if (region !== undefined) return region.descriptor
      }
      await this.world.advance(200)
    }
    throw new Error('the driver makes no namespace')
  }

  async routes(namespace: NamespaceId): Promise<readonly RoutedRegion[]> {
    const [name] = this.names as [NodeName]
    const ask: DriverRoutes = { kind: 'driver.routes', namespace, from: EMPTY, limit: 1000 }
    const are = await this.askAt(name, PLACEMENT_DRIVER, SYSTEM, ask)
    return are.kind === 'driver.routes-are' ? (are as DriverRoutesAre).regions : []
  }

  /** Into whichever region holds the key, as often as it takes. */
  async putAnywhere(key: string, value: string): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      const at = this.#whoServes(bytes(key))
      if (at !== undefined) {
        const command = { op: 'write', ops: [put(key, value)], session: undefined } as const
        const done = await this.tryWrite(at.name, command, at.region).catch(() => undefined)
        if (done?.kind === 'region.write-done') return
      }
      await this.world.advance(50)
    }
    throw new Error(`${key} finds no region`)
  }

  #whoServes(key: Uint8Array): { readonly name: NodeName; readonly region: RegionId } | undefined {
    for (const name of this.names) {
      const store = this.node(name).shard(0).actor('store', name)?.inspect?.() as
        | { readonly peers: readonly { readonly descriptor: RegionDescriptor }[] }
        | undefined
      for (const { descriptor } of store?.peers ?? []) {
        const status = this.peer(name, descriptor.id)?.status
        if (status?.serving && holdsKey(status.descriptor, key)) {
          return { name, region: descriptor.id }
        }
      }
    }
    return undefined
  }

  /** Asks an actor of a node and waits for the answer. */
  async askAt(name: NodeName, kind: string, key: string, message: Message): Promise<Message> {
    const outside = this.node(name).outside(this.workers === 0 ? 0 : 1)
    const outcome = await this.answer(outside.ask(address(name, kind, key), message, 8000))
    if (!outcome.ok) throw new Error(`no answer to ${message.kind} at ${name}: ${outcome.reason}`)
    return outcome.message
  }

  tell(name: NodeName, kind: string, key: string, message: Message): void {
    const port = this.node(name)
      .outside(this.workers === 0 ? 0 : 1)
      .open(() => {})
    port.send(address(name, kind, key), message)
  }

  /** The region's machines on one node, to look at; undefined while it is not at work there. */
  peer(name: NodeName, region: RegionId = FIRST): RegionInspection | undefined {
    const node = this.node(name)
    if (node.ended) return undefined
    const shard = node.shard(shardOfKey(String(region), this.workers))
    const seen = shard.actor('region', String(region))?.inspect?.() as Partial<RegionInspection>
    return seen?.raft === undefined ? undefined : (seen as RegionInspection)
  }

  /** The node whose peer serves the region. */
  async serving(region: RegionId = FIRST, patienceMs = 20_000): Promise<NodeName> {
    for (let waited = 0; waited <= patienceMs; waited += 50) {
      const found = this.names.find((name) => this.peer(name, region)?.status.serving)
      if (found !== undefined) return found
      await this.world.advance(50)
    }
    throw new Error(`nobody serves region ${region} within ${patienceMs} ms`)
  }

  async tryWrite(
    name: NodeName,
    command: RegionCommand,
    region: RegionId = FIRST,
    version?: number,
  ): Promise<Message> {
    const epoch = this.#epoch(name, region, version)
    const write: Region.RegionWrite = { kind: 'region.write', epoch, command }
    return await this.askAt(name, 'region', String(region), write)
  }

  async write(command: RegionCommand, region: RegionId = FIRST): Promise<RegionResult> {
    const done = await this.tryWrite(await this.serving(region), command, region)
    assert.equal(done.kind, 'region.write-done', inspect(done))
    return (done as Region.RegionWriteDone).result
  }

  async tryRead(
    name: NodeName,
    query: RegionQuery,
    region: RegionId = FIRST,
    version?: number,
  ): Promise<Message> {
    const epoch = this.#epoch(name, region, version)
    const read: Region.RegionRead = { kind: 'region.read', epoch, query }
    return await this.askAt(name, 'region', String(region), read)
  }

  async read(query: RegionQuery, region: RegionId = FIRST): Promise<RegionAnswer> {
    const done = await this.tryRead(await this.serving(region), query, region)
    assert.equal(done.kind, 'region.read-done', inspect(done))
    return (done as Region.RegionReadDone).answer
  }

  async put(key: string, value: string, region: RegionId = FIRST): Promise<RegionResult> {
    return await this.write({ op: 'write', ops: [put(key, value)], session: undefined }, region)
  }

  async get(key: string, region: RegionId = FIRST): Promise<string | undefined> {
    const answer = await this.read(
      { op: 'get', keys: [bytes(key)], at: undefined, passing: [] },
      region,
    )
    assert.equal(answer.op, 'get')
    const [row] = answer.op === 'get' ? answer.rows : []
    return row && text(row.value)
  }

  async keys(region: RegionId = FIRST): Promise<readonly string[]> {
    const answer = await this.read(scanAll, region)
    return answer.op === 'scan' ? answer.rows.map(({ key }) => text(key)) : []
  }

  async order(
    order: RegionOrder,
    region: RegionId = FIRST,
    driverEpoch = 1,
  ): Promise<string | undefined> {
    const name = await this.serving(region)
    const { epoch } = this.#descriptor(name, region)
    const message: Region.RegionOrdered = { kind: 'region.order', driverEpoch, epoch, order }
    const done = (await this.askAt(
      name,
      'region',
      String(region),
      message,
    )) as Region.RegionOrderDone
    return done.refusal
  }

  /** Lets time pass until it holds. */
  async until(holds: () => boolean, what: string, patienceMs = 20_000): Promise<void> {
    for (let waited = 0; waited <= patienceMs; waited += 50) {
      if (holds()) return
      await this.world.advance(50)
    }
    throw new Error(`not within ${patienceMs} ms: ${what}`)
  }

  #descriptor(name: NodeName, region: RegionId): RegionDescriptor {
    const seen = this.peer(name, region)
    if (seen === undefined) throw new Error(`region ${region} is not at work on ${name}`)
    return seen.status.descriptor
  }

  #epoch(name: NodeName, region: RegionId, version: number | undefined) {
    const { epoch } = this.#descriptor(name, region)
    return version === undefined ? epoch : { ...epoch, version }
  }
}

export const silencing = (kind: ActorKind): ActorKind =>
  kind.kind === PLACEMENT_DRIVER ? { ...kind, create: () => ({ receive: () => {} }) } : kind

export const put = (key: string, value: string, expect?: bigint): WriteOp => ({
  key: bytes(key),
  action: 'put',
  value: bytes(value),
  ttlMs: 0,
  expect: expect as WriteOp['expect'],
})

export const scanAll: RegionQuery = {
  op: 'scan',
  from: EMPTY,
  to: EMPTY,
  limit: 1000,
  reverse: false,
  keysOnly: false,
  at: undefined,
  passing: [],
}

export const refusalOf = (message: Message): RegionRefusal | undefined =>
  message.kind === 'region.refused' ? (message as Region.RegionRefused).refusal : undefined

/** Keys of all data of regions that a node's disk holds. */
export async function rowsOf(cluster: RegionCluster, name: NodeName): Promise<readonly string[]> {
  await cluster.world.advance(100)
  const page = { rows: 10_000, bytes: 1e9 }
  return await new Promise((resolve) =>
    cluster
      .node(name)
      .store.scan(ALL_DATA, page, (_, found) =>
        resolve(found?.rows.map(([key]) => Buffer.from(key).toString('hex')) ?? []),
      ),
  )
}
