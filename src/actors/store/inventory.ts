/**
 * Who lives on this store, who was here once, and which keys are taken. An answer here is an answer on disk
 * only once the row that it gives has landed.
 */

import type { PeerId } from '../../base/ids.ts'
import { overlaps } from '../../core/region/descriptor.ts'
import { newerEpoch } from '../../core/region/epoch.ts'
import type { RegionDescriptor, RegionId } from '../../core/region/types.ts'
import { type RegionMark, regionMarkOp } from '../../storage/region-marks.ts'
import type { StoreOp } from '../../storage/store.ts'
import type { StoreReport } from '../../wire/messages/store.ts'

export interface Resident {
  readonly peer: PeerId
  /** A tombstone already, but rows are left and have to go. */
  leaving: boolean
  /** As this store last heard: it may hold more keys than the region does now, never less. */
  descriptor: RegionDescriptor
  /** The region's last word in this life of the store. */
  report: StoreReport | undefined
}

export type Verdict =
  | { readonly is: 'new' }
  /** The very same peer is here already. */
  | { readonly is: 'here' }
  | { readonly is: 'refused'; readonly reason: string }

export class Inventory {
  readonly #residents = new Map<RegionId, Resident>()
  readonly #tombstones = new Map<RegionId, PeerId>()

  /** As found on disk. A descriptor is the last thing of a region that goes. */
  found({ region, peer, living }: RegionMark, descriptor: RegionDescriptor | undefined): void {
    if (descriptor === undefined) this.#tombstones.set(region, peer)
    else this.#residents.set(region, { peer, leaving: !living, descriptor, report: undefined })
  }

  /** Its mark is, or is about to be, on disk. */
  add(descriptor: RegionDescriptor, peer: PeerId): void {
    const resident = { peer, leaving: false, descriptor, report: undefined }
    this.#residents.set(descriptor.id, resident)
  }

  /** Those whose actors run: who leaves still has rows to delete. */
  regions(): readonly RegionId[] {
    return [...this.#residents.keys()]
  }

  residents(): Iterable<Resident> {
    return this.#residents.values()
  }

  find(region: RegionId): Resident | undefined {
    return this.#residents.get(region)
  }

  /** Whether this peer may come to life here. */
  judge(descriptor: RegionDescriptor, peer: PeerId): Verdict {
    const { id, namespace } = descriptor
    const here = this.#residents.get(id)
    if (here !== undefined) {
      return here.peer === peer && !here.leaving
        ? { is: 'here' }
        : refused(`peer ${here.peer} of region ${id} is still here: ask again later`)
    }
    const gone = this.#tombstones.get(id)
    if (gone !== undefined && gone >= peer) {
      return refused(`peer ${gone} of region ${id} was here and is gone: ${peer} is not above it`)
    }
    for (const [other, resident] of this.#residents) {
      const taken = resident.descriptor
      if (taken.namespace === namespace && overlaps(taken, descriptor)) {
        return refused(`region ${other} has keys of region ${id} here: ask again later`)
      }
    }
    return { is: 'new' }
  }

  /** What is to be written for a peer that leaves; with `cleared`, nothing but its tombstone is left. */
  leave(region: RegionId, peer: PeerId, cleared: boolean): readonly StoreOp[] {
    const resident = this.#residents.get(region)
    if (resident === undefined || resident.peer !== peer) return []
    if (cleared) {
      this.#residents.delete(region)
      this.#tombstones.set(region, peer)
      return []
    }
    resident.leaving = true
    return [regionMarkOp({ region, peer, living: false })]
  }

  /** A region is what it was or less: it splits, and snapshots make it what it became elsewhere. */
  describe(descriptor: RegionDescriptor): void {
    const resident = this.#residents.get(descriptor.id)
    if (resident && newerEpoch(descriptor.epoch, resident.descriptor.epoch)) {
      resident.descriptor = descriptor
    }
  }

  reported(report: StoreReport): void {
    const resident = this.#residents.get(report.descriptor.id)
    if (resident === undefined) return
    this.describe(report.descriptor)
    resident.report = report
  }
}

const refused = (reason: string): Verdict => ({ is: 'refused', reason })
