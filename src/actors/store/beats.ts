/**
 * This store's word to the driver, once a second: how much it carries, and how the regions stand that it leads:
 * all of them for a driver that is new, else those that said something since it last answered.
 */

import type { RegionId } from '../../core/region/types.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import {
  type DriverBeat,
  type DriverBeaten,
  REGIONS_AT_ONCE,
  type RegionOrphan,
} from '../../wire/messages/driver.ts'
import type { RegionSafePoint } from '../../wire/messages/region.ts'
import type { StoreReport } from '../../wire/messages/store.ts'
import { type FlareOptions, PLACEMENT_DRIVER, SYSTEM } from '../flare-options.ts'
import type { TreeOptions, TreePorts } from '../options.ts'
import { REGION } from '../region/replica.ts'
import type { Inventory } from './inventory.ts'

const BEAT_MS = 1000
const ASK_MS = 3000
const ORPHANS_MAX = 256
const TAG = 'beat'
export const BEAT_TIMER = 'beat'

export class Beats {
  readonly #inventory: Inventory
  readonly #options: TreeOptions
  readonly #flare: FlareOptions
  readonly #ports: TreePorts
  /** Led here, and not told as they are now. */
  readonly #untold = new Set<RegionId>()
  /** In the beat under way. */
  #telling: readonly RegionId[] | undefined
  #driverEpoch = 0
  #safePoint = 0n
  #writes = 0
  #reads = 0

  constructor(inventory: Inventory, options: TreeOptions, flare: FlareOptions, ports: TreePorts) {
    this.#inventory = inventory
    this.#options = options
    this.#flare = flare
    this.#ports = ports
  }

  reported({ descriptor, leads, writes, reads }: StoreReport): void {
    this.#writes += writes
    this.#reads += reads
    if (leads) this.#untold.add(descriptor.id)
    else this.#untold.delete(descriptor.id)
  }

  /** On the grid of the clock. */
  begin(context: Context): void {
    context.setTimer(BEAT_TIMER, BEAT_MS - (context.nowMs % BEAT_MS))
  }

  beat(context: Context): void {
    this.begin(context)
    if (this.#telling !== undefined) return
    this.#telling = [...this.#untold].slice(0, REGIONS_AT_ONCE)
    const beat: DriverBeat = {
      kind: 'driver.beat',
      incarnation: this.#options.incarnation,
      labels: this.#flare.labels,
      load: this.#load(context),
      driverEpoch: this.#driverEpoch,
      reports: this.#telling.flatMap((region) => this.#report(region)),
      orphans: this.#orphans(),
    }
    for (const region of this.#telling) this.#untold.delete(region)
    const to = address(this.#options.node, PLACEMENT_DRIVER, SYSTEM)
    context.ask(to, beat, { tag: TAG, timeoutMs: ASK_MS })
  }

  ownsTag(tag: string): boolean {
    return tag === TAG
  }

  answered(outcome: AskOutcome, context: Context): void {
    const told = this.#telling ?? []
    this.#telling = undefined
    if (!outcome.ok || outcome.message.kind !== 'driver.beaten') {
      for (const region of told) this.#untold.add(region)
      return
    }
    const { driverEpoch, safePoint } = outcome.message as DriverBeaten
    if (driverEpoch !== this.#driverEpoch) this.#tellAll()
    this.#driverEpoch = driverEpoch
    if (safePoint > this.#safePoint) this.#collect(safePoint, context)
    if (this.#untold.size > REGIONS_AT_ONCE) this.beat(context)
  }

  #report(region: RegionId): DriverBeat['reports'] {
    const report = this.#inventory.find(region)?.report
    if (report === undefined || !report.leads) return []
    const { descriptor, term, bytes, keys, writes, reads } = report
    return [{ descriptor, term, bytes, keys, writes, reads }]
  }

  #load({ meter }: Context): DriverBeat['load'] {
    let leaders = 0
    let bytes = 0
    let peers = 0
    for (const { report } of this.#inventory.residents()) {
      peers += 1
      bytes += report?.bytes ?? 0
      if (report?.leads) leaders += 1
    }
    meter.gauge('plasma_store_regions', peers)
    meter.gauge('plasma_store_leaders', leaders)
    meter.gauge('plasma_store_region_bytes', bytes)
    const load = { peers, leaders, bytes, writes: this.#writes, reads: this.#reads }
    this.#writes = 0
    this.#reads = 0
    return { ...load, freeBytes: this.#ports.disk().freeBytes }
  }

  /** Peers that have not heard of a leader for long. */
  #orphans(): readonly RegionOrphan[] {
    const orphans: RegionOrphan[] = []
    for (const { report, peer } of this.#inventory.residents()) {
      if (!report?.orphan) continue
      orphans.push({ descriptor: report.descriptor, peer })
      if (orphans.length === ORPHANS_MAX) break
    }
    return orphans
  }

  #tellAll(): void {
    for (const { report, descriptor } of this.#inventory.residents()) {
      if (report?.leads) this.#untold.add(descriptor.id)
    }
  }

  /** The leaders of regions drop what nobody may read any more. */
  #collect(safePoint: DriverBeaten['safePoint'], context: Context): void {
    this.#safePoint = safePoint
    const told: RegionSafePoint = { kind: 'region.safe-point', safePoint }
    for (const { report, descriptor } of this.#inventory.residents()) {
      const at = address(this.#options.node, REGION, String(descriptor.id))
      if (report?.leads) context.send(at, told)
    }
  }
}
