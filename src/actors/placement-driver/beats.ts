/** Stores' beats: who lives, how regions stand, which peers are members of nothing any more. */

import type { NodeName } from '../../base/ids.ts'
import { takeReport } from '../../core/placement/reports.ts'
import { takeBeat } from '../../core/placement/stores.ts'
import type { RegionDescriptor } from '../../core/region/types.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import type { DriverBeat, DriverBeaten, RegionOrphan } from '../../wire/messages/driver.ts'
import type { RegionExpelled } from '../../wire/messages/region.ts'
import type { Driving } from './driving.ts'
import { refuse } from './refuse.ts'
import type { SafePoints } from './safe-points.ts'

export class Beats {
  readonly #driving: Driving
  readonly #safePoints: SafePoints

  constructor(driving: Driving, safePoints: SafePoints) {
    this.#driving = driving
    this.#safePoints = safePoints
  }

  take(beat: DriverBeat, from: NodeName, question: Question, context: Context): void {
    const { picture, term } = this.#driving
    const { incarnation, labels, load, reports, orphans } = beat
    const refusal = takeBeat(picture, { name: from, incarnation, labels, load }, context.nowMs)
    if (refusal !== undefined) {
      const text =
        refusal === 'gone'
          ? `store ${from} was taken out; set it up to take it in again`
          : `store ${from} has another data directory since`
      refuse(question, 'stale', text, context)
      return
    }
    for (const report of reports) {
      const fate = takeReport(picture, from, report, context.nowMs)
      if (fate === 'dropped') this.expel(report.descriptor, context)
    }
    for (const orphan of orphans) this.#judge(orphan, from, context)
    const safePoint = this.#safePoints.told
    const beaten: DriverBeaten = { kind: 'driver.beaten', driverEpoch: term, safePoint }
    context.answer(question, beaten)
  }

  /** All its peers go: its namespace was dropped, and that is on disk. */
  expel(descriptor: RegionDescriptor, context: Context): void {
    for (const { store } of descriptor.peers) this.#tell(store, withoutPeers(descriptor), context)
  }

  #judge({ descriptor, peer }: RegionOrphan, from: NodeName, context: Context): void {
    const { picture } = this.#driving
    const { namespace, id } = descriptor
    const known = picture.regions.get(id)?.descriptor
    if (picture.namespaceOf(namespace) === undefined) {
      // One that was made after this driver last knew is not dropped.
      if (namespace < picture.ids.nextNamespace) this.#tell(from, withoutPeers(descriptor), context)
    } else if (
      known !== undefined &&
      known.epoch.confVer > descriptor.epoch.confVer &&
      !known.peers.some((it) => it.peer === peer)
    ) {
      this.#tell(from, known, context)
    }
  }

  #tell(store: NodeName, descriptor: RegionDescriptor, context: Context): void {
    const expelled: RegionExpelled = { kind: 'region.expelled', descriptor }
    context.send(address(store, 'region', String(descriptor.id)), expelled)
  }
}

/** Later than anything that the region may have become meanwhile. */
const withoutPeers = (descriptor: RegionDescriptor): RegionDescriptor => ({
  ...descriptor,
  epoch: { ...descriptor.epoch, confVer: Number.MAX_SAFE_INTEGER },
  peers: [],
})
