/**
 * All that the driver knows: what lies on disk, and what stores and regions said since it leads. Every
 * change of what lies on disk goes through `put`, and waits in `changes` to be written, in that order.
 */

import type { NodeName } from '../../base/ids.ts'
import { NEVER } from '../region/timestamps.ts'
import type { NamespaceId, RegionDescriptor, RegionId } from '../region/types.ts'
import type {
  Change,
  FoundingRecord,
  IdsRecord,
  MoveRecord,
  NamespaceRecord,
  SafePointRecord,
  StoreRecord,
} from './records.ts'
import { Regions } from './regions.ts'
import type { StoreLoad } from './types.ts'

/** What a store said of itself; only in memory. */
export interface Heard {
  readonly atMs: number
  readonly load: StoreLoad
}

const FIRST_IDS: IdsRecord = { next: 1, nextNamespace: 1 }
const NO_SAFE_POINT: SafePointRecord = { safePoint: NEVER, holds: [] }

export class Picture {
  readonly regions = new Regions()
  readonly #stores = new Map<NodeName, StoreRecord>()
  readonly #heard = new Map<NodeName, Heard>()
  readonly #namespaces = new Map<string, NamespaceRecord>()
  readonly #names = new Map<NamespaceId, string>()
  readonly #foundings = new Map<RegionId, FoundingRecord>()
  readonly #moves = new Map<RegionId, MoveRecord>()
  #ids = FIRST_IDS
  #safePoint = NO_SAFE_POINT
  #changes: Change[] = []

  get stores(): ReadonlyMap<NodeName, StoreRecord> {
    return this.#stores
  }

  get namespaces(): ReadonlyMap<string, NamespaceRecord> {
    return this.#namespaces
  }

  get foundings(): ReadonlyMap<RegionId, FoundingRecord> {
    return this.#foundings
  }

  get moves(): ReadonlyMap<RegionId, MoveRecord> {
    return this.#moves
  }

  get ids(): IdsRecord {
    return this.#ids
  }

  get safePoint(): SafePointRecord {
    return this.#safePoint
  }

  heard(store: NodeName): Heard | undefined {
    return this.#heard.get(store)
  }

  namespaceOf(id: NamespaceId): NamespaceRecord | undefined {
    const name = this.#names.get(id)
    return name === undefined ? undefined : this.#namespaces.get(name)
  }

  hear(store: NodeName, heard: Heard): void {
    this.#heard.set(store, heard)
  }

  /** A record as it lies on disk. */
  load(change: Change): void {
    switch (change.of) {
      case 'store':
        place(this.#stores, change)
        return
      case 'namespace':
        this.#placeNamespace(change.id, change.now)
        return
      case 'region':
        this.#placeRegion(change.id, change.now)
        return
      case 'founding':
        place(this.#foundings, change)
        return
      case 'move':
        place(this.#moves, change)
        return
      case 'ids':
        this.#ids = change.now
        return
      case 'safe-point':
        this.#safePoint = change.now
        return
    }
  }

  put(...changes: readonly Change[]): void {
    for (const change of changes) {
      this.load(change)
      this.#changes.push(change)
    }
  }

  /** What is to be written now. */
  takeChanges(): readonly Change[] {
    const taken = this.#changes
    this.#changes = []
    return taken
  }

  #placeNamespace(name: string, now: NamespaceRecord | undefined): void {
    const before = this.#namespaces.get(name)
    if (before !== undefined) this.#names.delete(before.namespace.id)
    place(this.#namespaces, { id: name, now })
    if (now !== undefined) this.#names.set(now.namespace.id, name)
  }

  /** What its leader said stays, until it says something else. */
  #placeRegion(id: RegionId, descriptor: RegionDescriptor | undefined): void {
    const known = this.regions.get(id) ?? UNHEARD
    if (descriptor === undefined) this.regions.delete(id)
    else this.regions.put({ ...known, descriptor })
  }
}

const UNHEARD = {
  leader: undefined,
  term: 0,
  bytes: 0,
  keys: 0,
  writes: 0,
  reads: 0,
  heardMs: undefined,
}

function place<K, V>(map: Map<K, V>, { id, now }: { readonly id: K; readonly now: V | undefined }) {
  if (now === undefined) map.delete(id)
  else map.set(id, now)
}
