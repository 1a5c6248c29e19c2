/**
 * All regions that the driver knows, by id and by what they hold: within a namespace they lie in the order
 * of their keys and never overlap. What their leaders last said is known in memory only.
 */

import type { Bytes } from '../../base/bytes.ts'
import { compareBytes } from '../../base/bytes.ts'
import type { NodeName } from '../../base/ids.ts'
import { overlaps } from '../region/descriptor.ts'
import type { NamespaceId, RegionDescriptor, RegionId } from '../region/types.ts'

export interface RegionSeen {
  readonly descriptor: RegionDescriptor
  readonly leader: NodeName | undefined
  /** In which that one leads; 0: nobody has said. */
  readonly term: number
  readonly bytes: number
  readonly keys: number
  readonly writes: number
  readonly reads: number
  /** When its leader last spoke; undefined: not since this driver leads. */
  readonly heardMs: number | undefined
}

export class Regions {
  readonly #byId = new Map<RegionId, RegionSeen>()
  /** In the order of their first keys. */
  readonly #rows = new Map<NamespaceId, RegionSeen[]>()

  get size(): number {
    return this.#byId.size
  }

  get(id: RegionId): RegionSeen | undefined {
    return this.#byId.get(id)
  }

  /** In the order of their ids' first mention. */
  all(): IterableIterator<RegionSeen> {
    return this.#byId.values()
  }

  of(namespace: NamespaceId): readonly RegionSeen[] {
    return this.#rows.get(namespace) ?? []
  }

  /** At most so many, from the one that holds `from` on, or the first behind it. */
  from(namespace: NamespaceId, from: Bytes, limit: number): readonly RegionSeen[] {
    const row = this.of(namespace)
    const at = Math.max(0, firstAbove(row, from) - 1)
    const { to } = row[at]?.descriptor ?? { to: from }
    const first = to.length > 0 && compareBytes(to, from) <= 0 ? at + 1 : at
    return row.slice(first, first + limit)
  }

  /** Others that hold some of the same keys. */
  overlapping(descriptor: RegionDescriptor): readonly RegionSeen[] {
    const { namespace, from, to, id } = descriptor
    const row = this.of(namespace)
    const found: RegionSeen[] = []
    for (let i = Math.max(0, firstAbove(row, from) - 1); i < row.length; i++) {
      const other = (row[i] as RegionSeen).descriptor
      if (to.length > 0 && compareBytes(other.from, to) >= 0) break
      if (other.id !== id && overlaps(other, descriptor)) found.push(row[i] as RegionSeen)
    }
    return found
  }

  /** In place of what was known under its id. Whoever overlaps it was deleted before. */
  put(seen: RegionSeen): void {
    const { id, namespace, from } = seen.descriptor
    const known = this.#byId.get(id)
    const row = this.#rows.get(namespace) ?? []
    const at = firstAbove(row, from) - 1
    if (known !== undefined && row[at] === known) row[at] = seen
    else {
      this.delete(id)
      this.#insert(seen)
    }
    this.#byId.set(id, seen)
  }

  delete(id: RegionId): void {
    const known = this.#byId.get(id)
    if (known === undefined) return
    const { namespace } = known.descriptor
    const row = this.#rows.get(namespace) ?? []
    row.splice(row.indexOf(known, Math.max(0, firstAbove(row, known.descriptor.from) - 1)), 1)
    if (row.length === 0) this.#rows.delete(namespace)
    this.#byId.delete(id)
  }

  #insert(seen: RegionSeen): void {
    const { namespace, from } = seen.descriptor
    const row = this.#rows.get(namespace) ?? []
    if (row.length === 0) this.#rows.set(namespace, row)
    row.splice(firstAbove(row, from), 0, seen)
  }
}

/** Where the first region lies that begins above `key`. */
function firstAbove(row: readonly RegionSeen[], key: Bytes): number {
  let low = 0
  let high = row.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareBytes((row[middle] as RegionSeen).descriptor.from, key) <= 0) low = middle + 1
    else high = middle
  }
  return low
}
