/**
 * What a router knows of regions: which one holds a key, and who leads it. Only a hint: the regions
 * themselves refuse what comes to the wrong one. Regions lie ordered by namespace and first key, overlap
 * nowhere, and are of bounded number: those learned longest ago are forgotten first.
 */

import { type Bytes, compareBytes } from '../../base/bytes.ts'
import type { NodeName } from '../../base/ids.ts'
import type { NamespaceId, RegionDescriptor, RegionId, RoutedRegion } from './types.ts'

export class RouteCache {
  readonly #limit: number
  /** By namespace, in the order of their first keys. */
  readonly #rows = new Map<NamespaceId, RoutedRegion[]>()
  /** In the order in which they were learned. */
  readonly #byId = new Map<RegionId, RoutedRegion>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#byId.size
  }

  get(id: RegionId): RoutedRegion | undefined {
    return this.#byId.get(id)
  }

  /** The region that holds this key. */
  at(namespace: NamespaceId, key: Bytes): RoutedRegion | undefined {
    const row = this.#rows.get(namespace) ?? []
    const found = row[firstAbove(row, key) - 1]
    return found !== undefined && endsAbove(found.descriptor, key) ? found : undefined
  }

  /** The region that holds what comes right before this key; before an empty one lies the namespace's last. */
  below(namespace: NamespaceId, key: Bytes): RoutedRegion | undefined {
    const row = this.#rows.get(namespace) ?? []
    if (key.length === 0) {
      const last = row.at(-1)
      return last?.descriptor.to.length === 0 ? last : undefined
    }
    const found = row[firstFrom(row, key) - 1]
    return found !== undefined && !endsBelow(found.descriptor, key) ? found : undefined
  }

  /** False: something newer is known already. */
  learn(routed: RoutedRegion): boolean {
    const { descriptor } = routed
    const known = this.#byId.get(descriptor.id)
    if (known !== undefined && isOlder(descriptor, known.descriptor)) return false
    const overlapping = this.#overlapping(descriptor)
    if (overlapping.some((other) => isOlder(descriptor, other.descriptor))) return false
    for (const { descriptor: other } of overlapping) this.forget(other.id)
    this.forget(descriptor.id)
    const leader = routed.leader ?? known?.leader
    this.#add(leader === routed.leader ? routed : { descriptor, leader })
    return true
  }

  /** Undefined: it is not the one that was thought to lead, and nobody knows who does. */
  leads(id: RegionId, leader: NodeName | undefined): void {
    const known = this.#byId.get(id)
    if (known === undefined || known.leader === leader) return
    const { descriptor } = known
    const row = this.#rows.get(descriptor.namespace) as RoutedRegion[]
    const routed = { descriptor, leader }
    row[firstFrom(row, descriptor.from)] = routed
    this.#byId.set(id, routed)
  }

  forget(id: RegionId): void {
    const known = this.#byId.get(id)
    if (known === undefined) return
    const { namespace, from } = known.descriptor
    const row = this.#rows.get(namespace) as RoutedRegion[]
    row.splice(firstFrom(row, from), 1)
    if (row.length === 0) this.#rows.delete(namespace)
    this.#byId.delete(id)
  }

  forgetNamespace(namespace: NamespaceId): void {
    for (const { descriptor } of this.#rows.get(namespace) ?? []) this.#byId.delete(descriptor.id)
    this.#rows.delete(namespace)
  }

  #add(routed: RoutedRegion): void {
    const { id, namespace, from } = routed.descriptor
    for (const oldest of this.#byId.keys()) {
      if (this.#byId.size < this.#limit) break
      this.forget(oldest)
    }
    const row = this.#rows.get(namespace) ?? []
    this.#rows.set(namespace, row)
    row.splice(firstFrom(row, from), 0, routed)
    this.#byId.set(id, routed)
  }

  #overlapping({ id, namespace, from, to }: RegionDescriptor): RoutedRegion[] {
    const row = this.#rows.get(namespace) ?? []
    const first = Math.max(0, firstAbove(row, from) - 1)
    const found: RoutedRegion[] = []
    for (const other of row.slice(first)) {
      if (to.length > 0 && compareBytes(other.descriptor.from, to) >= 0) break
      if (endsAbove(other.descriptor, from) && other.descriptor.id !== id) found.push(other)
    }
    return found
  }
}

/**
 * Each number of an epoch is compared by itself. Of different regions only the versions can be: those of
 * a split share one that is above their parent's.
 */
function isOlder(one: RegionDescriptor, other: RegionDescriptor): boolean {
  if (one.epoch.version < other.epoch.version) return true
  return one.id === other.id && one.epoch.confVer < other.epoch.confVer
}

const endsAbove = ({ to }: RegionDescriptor, key: Bytes): boolean =>
  to.length === 0 || compareBytes(to, key) > 0

const endsBelow = ({ to }: RegionDescriptor, key: Bytes): boolean =>
  to.length > 0 && compareBytes(to, key) < 0

/** The position of the first region that begins above this key. */
const firstAbove = (row: readonly RoutedRegion[], key: Bytes): number =>
  search(row, (from) => compareBytes(from, key) > 0)

/** The position of the first region that begins at this key or above it. */
const firstFrom = (row: readonly RoutedRegion[], key: Bytes): number =>
  search(row, (from) => compareBytes(from, key) >= 0)

function search(row: readonly RoutedRegion[], isPast: (from: Bytes) => boolean): number {
  let low = 0
  let high = row.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isPast((row[middle] as RoutedRegion).descriptor.from)) high = middle
    else low = middle + 1
  }
  return low
}
