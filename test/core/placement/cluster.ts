/** A modelled cluster for the driver's rules: stores that beat, regions that carry out what is ordered at once. */

import { EMPTY } from '../../../src/base/bytes.ts'
import { type NodeName, nodeName, peerId } from '../../../src/base/ids.ts'
import { type Decision, decide } from '../../../src/core/placement/decide.ts'
import { Ids } from '../../../src/core/placement/ids.ts'
import { PLACEMENT_LIMITS, type PlacementLimits } from '../../../src/core/placement/limits.ts'
import { beginMove, hopeless } from '../../../src/core/placement/move.ts'
import { Picture } from '../../../src/core/placement/picture.ts'
import type { MoveRecord } from '../../../src/core/placement/records.ts'
import type { RegionSeen } from '../../../src/core/placement/regions.ts'
import { takeReport } from '../../../src/core/placement/reports.ts'
import { nextStep } from '../../../src/core/placement/step.ts'
import { takeBeat } from '../../../src/core/placement/stores.ts'
import type { StoreLabel } from '../../../src/core/placement/types.ts'
import { View } from '../../../src/core/placement/view.ts'
import {
  namespaceId,
  type RegionDescriptor,
  type RegionId,
  type RegionOrder,
  type RegionPeer,
  regionId,
} from '../../../src/core/region/types.ts'

export const NAMESPACE = namespaceId(1)
export const LIMITS: PlacementLimits = { ...PLACEMENT_LIMITS, settleMs: 0 }
export const LOAD = { peers: 0, leaders: 0, bytes: 0, freeBytes: 2 ** 40, writes: 0, reads: 0 }

export interface ModelStore {
  readonly name: NodeName
  incarnation: string
  readonly labels: readonly StoreLabel[]
  alive: boolean
}

export interface ModelRegion {
  descriptor: RegionDescriptor
  leader: NodeName
  term: number
  readonly bytes: number
}

export class ModelCluster {
  readonly picture = new Picture()
  readonly ids: Ids
  readonly stores = new Map<NodeName, ModelStore>()
  readonly regions = new Map<RegionId, ModelRegion>()
  readonly limits: PlacementLimits
  nowMs = 1_000_000

  constructor(limits: Partial<PlacementLimits> = {}) {
    this.limits = { ...LIMITS, ...limits }
    const namespace = { id: NAMESPACE, name: 'default', mode: 'strong', modeEpoch: 1 } as const
    this.picture.put({
      of: 'namespace',
      id: 'default',
      now: { namespace, quota: { bytes: 0, keys: 0 } },
    })
    this.picture.put({ of: 'ids', now: { next: 1000, nextNamespace: 2 } })
    this.ids = new Ids(this.picture)
  }

  store(name: string, zone?: string): NodeName {
    const labels = zone === undefined ? [] : [{ name: 'zone', value: zone }]
    const node = nodeName(name)
    this.stores.set(node, { name: node, incarnation: `${name}-1`, labels, alive: true })
    return node
  }

  /** A region of one letter's keys, on these stores; the first leads. */
  region(id: number, on: readonly NodeName[], bytes = 0): RegionId {
    const peers = on.map((store, i): RegionPeer => {
      const { incarnation } = this.stores.get(store) as ModelStore
      return { peer: peerId(id * 10 + i), store, incarnation, role: 'voter' }
    })
    const from = id === 1 ? EMPTY : Uint8Array.of(id >> 8, id & 255)
    const to = Uint8Array.of((id + 1) >> 8, (id + 1) & 255)
    const epoch = { version: 1, confVer: 1 }
    const descriptor = { id: regionId(id), namespace: NAMESPACE, from, to, epoch, peers }
    this.regions.set(descriptor.id, { descriptor, leader: on[0] as NodeName, term: 1, bytes })
    return descriptor.id
  }

  /** Everybody who lives says so. */
  beat(): void {
    for (const { name, incarnation, labels, alive } of this.stores.values()) {
      if (alive) takeBeat(this.picture, { name, incarnation, labels, load: LOAD }, this.nowMs)
    }
    for (const { descriptor, leader, term, bytes } of this.regions.values()) {
      if (!this.stores.get(leader)?.alive) continue
      const report = { descriptor, term, bytes, keys: 0, writes: 0, reads: 0 }
      takeReport(this.picture, leader, report, this.nowMs)
    }
  }

  get view(): View {
    return new View(this.picture, this.limits, { nowMs: this.nowMs, sinceMs: 0 })
  }

  seen(id: RegionId): RegionSeen {
    return this.picture.regions.get(id) as RegionSeen
  }

  /** One round as the driver goes; what it decided. */
  round(): readonly Decision[] {
    this.nowMs += 1000
    this.beat()
    const view = this.view
    const decided: Decision[] = []
    for (const seen of [...this.picture.regions.all()]) {
      const decision = decide(seen, view)
      if (decision === undefined) continue
      decided.push(decision)
      const { rule, wish } = decision
      if (wish.want === 'move') beginMove(seen, rule, wish, view, this.ids, this.nowMs)
      else {
        const region = this.regions.get(seen.descriptor.id) as ModelRegion
        const heir = region.descriptor.peers.find(({ peer }) => peer === wish.to) as RegionPeer
        view.transferred(region.leader, heir.store)
        this.lead(region, heir.store)
      }
    }
    for (const move of [...this.picture.moves.values()]) this.step(move)
    return decided
  }

  /** One step of a move; the region does at once what it is told. */
  step(move: MoveRecord): void {
    const region = this.regions.get(move.region) as ModelRegion
    const seen = this.picture.regions.get(move.region)
    if (hopeless(move, seen, this.view, this.nowMs) !== undefined) {
      this.picture.put({ of: 'move', id: move.region, now: undefined })
      return
    }
    if (!this.stores.get(region.leader)?.alive) return
    const caughtUp = region.descriptor.peers
      .filter(({ store }) => this.stores.get(store)?.alive)
      .map(({ peer }) => peer)
    const { descriptor, leader } = region
    const next = nextStep(move, { descriptor, leader, joint: false, caughtUp })
    if (next.step === 'done') this.picture.put({ of: 'move', id: move.region, now: undefined })
    if (next.step === 'order') this.obey(region, next.order)
  }

  obey(region: ModelRegion, order: RegionOrder): void {
    const { descriptor } = region
    switch (order.order) {
      case 'add-learner': {
        const { peer, store, incarnation } = order
        this.#become(region, [...descriptor.peers, { peer, store, incarnation, role: 'learner' }])
        return
      }
      case 'switch': {
        const role = ({ peer, role: was }: RegionPeer): RegionPeer['role'] =>
          order.promote.includes(peer) ? 'voter' : order.demote.includes(peer) ? 'learner' : was
        this.#become(
          region,
          descriptor.peers.map((peer) => ({ ...peer, role: role(peer) })),
        )
        return
      }
      case 'remove':
        this.#become(
          region,
          descriptor.peers.filter(({ peer }) => peer !== order.peer),
        )
        return
      case 'transfer': {
        const heir = descriptor.peers.find(({ peer }) => peer === order.to) as RegionPeer
        this.lead(region, heir.store)
        return
      }
      default:
        throw new Error(`the model does not ${order.order}`)
    }
  }

  lead(region: ModelRegion, leader: NodeName): void {
    region.leader = leader
    region.term += 1
  }

  #become(region: ModelRegion, peers: readonly RegionPeer[]): void {
    const { epoch } = region.descriptor
    region.descriptor = {
      ...region.descriptor,
      peers,
      epoch: { ...epoch, confVer: epoch.confVer + 1 },
    }
  }
}
