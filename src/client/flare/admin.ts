/** Namespaces, regions, stores: what operators look at and change. */

import {
  AdminDefinition,
  type DigestResponse,
  type ExplainResponse,
  NamespaceMode as Mode,
  type Namespace as NamespaceMessage,
  type Region,
  type Store,
  type StoreState,
} from '../../wire/proto/flaredb/v1/flaredb.ts'
import { bytesOf, type Text } from '../shapes.ts'
import type { Calls } from './calls.ts'

const { fullName: SERVICE, methods: METHODS } = AdminDefinition
const ONCE = { marked: false }
const REGIONS_AT_ONCE = 1024
const DIGEST_MS = 20_000

export type ModeName = 'strong' | 'eventual'
export type StoreStateName = 'up' | 'draining' | 'gone'

export interface NamespaceInfo extends Omit<NamespaceMessage, 'mode'> {
  readonly mode: ModeName
}

export interface StoreInfo extends Omit<Store, 'state'> {
  readonly state: StoreStateName
}

export interface Stores {
  readonly stores: readonly StoreInfo[]
  /** Whose placement driver drives, and in which term. */
  readonly driver: string
  readonly driverEpoch: bigint
}

export class Admin {
  readonly #calls: Calls

  constructor(calls: Calls) {
    this.#calls = calls
  }

  async namespaces(name = ''): Promise<readonly NamespaceInfo[]> {
    const told = await this.#calls.read(SERVICE, METHODS.namespaces, { name })
    return told.namespaces.map(infoOf)
  }

  async createNamespace(name: string, mode: ModeName = 'strong'): Promise<NamespaceInfo> {
    const request = { name, mode: mode === 'eventual' ? Mode.EVENTUAL : Mode.STRONG }
    const made = await this.#calls.write(SERVICE, METHODS.createNamespace, request, ONCE)
    return infoOf(made.namespace as NamespaceMessage)
  }

  async dropNamespace(name: string): Promise<void> {
    await this.#calls.write(SERVICE, METHODS.dropNamespace, { name }, ONCE)
  }

  /** In the order of their ids; of one namespace, or of all. */
  async *regions(namespace?: string): AsyncGenerator<Region, void, void> {
    let from = 0n
    do {
      const request = { namespace, from, limit: REGIONS_AT_ONCE }
      const page = await this.#calls.read(SERVICE, METHODS.regions, request)
      yield* page.regions
      from = page.next
    } while (from !== 0n)
  }

  /** Without keys in the middle. Begun when it returns. */
  async split(region: bigint, keys: readonly Text[] = []): Promise<void> {
    const request = { region, keys: keys.map(bytesOf) }
    await this.#calls.write(SERVICE, METHODS.split, request, ONCE)
  }

  /** Leadership goes to the replica on this store. */
  async transfer(region: bigint, to: string): Promise<void> {
    await this.#calls.write(SERVICE, METHODS.transfer, { region, to }, ONCE)
  }

  /** The replica on one store goes to another. Begun when it returns. */
  async move(region: bigint, from: string, to: string): Promise<void> {
    await this.#calls.write(SERVICE, METHODS.move, { region, from, to }, ONCE)
  }

  /** What each rule of the driver says of a region. */
  explain(region: bigint): Promise<ExplainResponse> {
    return this.#calls.read(SERVICE, METHODS.explain, { region })
  }

  /** What each replica has on its own disk. Takes as long as reading all of the region does. */
  digest(region: bigint): Promise<DigestResponse> {
    const patience = { timeoutMs: DIGEST_MS, tryMs: DIGEST_MS }
    return this.#calls.read(SERVICE, METHODS.digest, { region }, patience)
  }

  async stores(): Promise<Stores> {
    const told = await this.#calls.read(SERVICE, METHODS.stores, {})
    return {
      ...told,
      stores: told.stores.map((store) => ({ ...store, state: STATES[store.state] })),
    }
  }

  async setStore(name: string, state: StoreStateName): Promise<void> {
    const request = { name, state: STATES.indexOf(state) as StoreState }
    await this.#calls.write(SERVICE, METHODS.setStore, request, ONCE)
  }
}

/** In the order of their numbers. */
const STATES = ['up', 'draining', 'gone'] as const satisfies readonly StoreStateName[]

const infoOf = (namespace: NamespaceMessage): NamespaceInfo => ({
  ...namespace,
  mode: namespace.mode === Mode.EVENTUAL ? 'eventual' : 'strong',
})
