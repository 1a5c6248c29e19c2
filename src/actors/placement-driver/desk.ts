/** Questions of clients and operators, answered from what the driver knows. What changes something is on disk first. */

import { must } from '../../base/assert.ts'
import { splitIds } from '../../core/placement/split-ids.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import type { Message } from '../../runtime/message.ts'
import type {
  DriverExplain,
  DriverNamespaceCreate,
  DriverNamespaceDrop,
  DriverNamespaceLimit,
  DriverNamespaces,
  DriverRegionDo,
  DriverRegions,
  DriverRegionsAre,
  DriverRoutes,
  DriverRoutesAre,
  DriverSafePoint,
  DriverSplitIds,
  DriverSplitIdsAre,
  DriverStoreSet,
  DriverStoresAre,
} from '../../wire/messages/driver.ts'
import { REGIONS_AT_ONCE } from '../../wire/messages/driver.ts'
import type { Driving } from './driving.ts'
import type { Namespaces } from './namespaces.ts'
import type { Operator } from './operator.ts'
import { refuse } from './refuse.ts'
import type { SafePoints } from './safe-points.ts'
import { viewRegion, viewStores } from './views.ts'

const PARTS = 256

/** Others whom the desk sends on to. */
export interface DeskRooms {
  readonly namespaces: Namespaces
  readonly operator: Operator
  readonly safePoints: SafePoints
}

export class Desk {
  readonly #driving: Driving
  readonly #rooms: DeskRooms

  constructor(driving: Driving, rooms: DeskRooms) {
    this.#driving = driving
    this.#rooms = rooms
  }

  take(message: Message, question: Question, context: Context): void {
    switch (message.kind) {
      case 'driver.routes':
        this.#routes(message as DriverRoutes, question, context)
        return
      case 'driver.namespaces':
        this.#rooms.namespaces.list(message as DriverNamespaces, question, context)
        return
      case 'driver.namespace-create':
        this.#rooms.namespaces.create(message as DriverNamespaceCreate, question, context)
        return
      case 'driver.namespace-drop':
        this.#rooms.namespaces.drop(message as DriverNamespaceDrop, question, context)
        return
      case 'driver.namespace-limit':
        this.#rooms.namespaces.limit(message as DriverNamespaceLimit, question, context)
        return
      case 'driver.split-ids':
        this.#splitIds(message as DriverSplitIds, question, context)
        return
      case 'driver.regions':
        this.#regions(message as DriverRegions, question, context)
        return
      case 'driver.stores':
        this.#stores(question, context)
        return
      case 'driver.region-do':
        this.#rooms.operator.take(message as DriverRegionDo, question, context)
        return
      case 'driver.explain':
        this.#rooms.operator.explain(message as DriverExplain, question, context)
        return
      case 'driver.safe-point':
        this.#rooms.safePoints.take(message as DriverSafePoint, question, context)
        return
      case 'driver.store-set':
        this.#setStore(message as DriverStoreSet, question, context)
        return
      default:
        refuse(question, 'invalid', `a driver is not asked ${message.kind}`, context)
    }
  }

  #routes({ namespace, from, limit }: DriverRoutes, question: Question, context: Context): void {
    const { picture } = this.#driving
    if (picture.namespaceOf(namespace) === undefined) {
      refuse(question, 'not-found', `there is no namespace ${namespace}`, context)
      return
    }
    const found = picture.regions.from(namespace, from, Math.min(limit, REGIONS_AT_ONCE))
    const regions = found.map(({ descriptor, leader }) => ({ descriptor, leader }))
    const are: DriverRoutesAre = { kind: 'driver.routes-are', regions }
    context.answer(question, are)
  }

  #splitIds({ region, epoch, parts }: DriverSplitIds, question: Question, context: Context): void {
    const { picture, ids } = this.#driving
    const known = picture.regions.get(region)?.descriptor
    const same = known?.epoch.version === epoch.version && known.epoch.confVer === epoch.confVer
    if (known === undefined || !same) {
      const text = `region ${region} was reported at another epoch: ask again after the next report`
      refuse(question, known === undefined ? 'not-found' : 'stale', text, context)
      return
    }
    if (parts < 2 || parts > PARTS) {
      refuse(question, 'invalid', `a region splits into 2 to ${PARTS} parts`, context)
      return
    }
    const are: DriverSplitIdsAre = {
      kind: 'driver.split-ids-are',
      ids: splitIds(ids, known, parts),
    }
    this.#driving.answer(question, are, context)
  }

  #regions({ namespace, from, limit }: DriverRegions, question: Question, context: Context): void {
    const { picture } = this.#driving
    const wanted = [...picture.regions.all()]
      .filter(({ descriptor }) => descriptor.id >= from)
      .filter(({ descriptor }) => namespace === undefined || descriptor.namespace === namespace)
      .sort((a, b) => a.descriptor.id - b.descriptor.id)
    const most = Math.max(1, Math.min(limit, REGIONS_AT_ONCE))
    const are: DriverRegionsAre = {
      kind: 'driver.regions-are',
      regions: wanted.slice(0, most).map((seen) => viewRegion(picture, seen, context.nowMs)),
      next: wanted[most]?.descriptor.id,
    }
    this.#driving.answer(question, are, context)
  }

  #stores(question: Question, context: Context): void {
    const are: DriverStoresAre = {
      kind: 'driver.stores-are',
      stores: viewStores(this.#driving.view(context), context.nowMs),
      driver: context.self.node,
      driverEpoch: this.#driving.term,
    }
    this.#driving.answer(question, are, context)
  }

  #setStore({ name, state }: DriverStoreSet, question: Question, context: Context): void {
    const { picture } = this.#driving
    const store = picture.stores.get(name)
    const holds = this.#driving.view(context).weight(name).peers
    if (store === undefined) {
      refuse(question, 'not-found', `no store ${name} has been heard of`, context)
    } else if (state === 'gone' && holds > 0) {
      const text = `store ${name} still holds ${holds} replicas: set it draining and wait`
      refuse(question, 'busy', text, context)
    } else {
      picture.put({ of: 'store', id: name, now: { ...must(store, 'seen'), state } })
      this.#driving.answer(question, { kind: 'driver.done' }, context)
    }
  }
}
