/** `flaredb.v1.Admin`: namespaces, regions, stores and time. */

import type { Flare, Outcome } from '../../actors/flare/flare.ts'
import { nodeName } from '../../base/ids.ts'
import { MAX_STAMPS } from '../../core/oracle/oracle.ts'
import type { RegionAction } from '../../core/placement/types.ts'
import { type RegionId, regionId } from '../../core/region/types.ts'
import { AdminDefinition, NamespaceMode } from '../../wire/proto/flaredb/v1/flaredb.ts'
import { toNumber } from '../etcd/kv-requests.ts'
import { type Call, type Method, service } from '../grpc/service.ts'
import type { Status } from '../grpc/status.ts'
import { checkCount, checkKey } from './checks.ts'
import { digestsOf } from './digest-shapes.ts'
import { REGIONS_MAX, SCAN_DEFAULT, SPLIT_KEYS_MAX } from './limits.ts'
import { within } from './patience.ts'
import { NO_EVENTUAL } from './raw-service.ts'
import { modeOf, namespaceOf, regionOf, stateOf, storeOf } from './shapes.ts'
import { invalid, statusOf } from './statuses.ts'

export function adminService(flare: Flare): readonly Method[] {
  return service(AdminDefinition, {
    async namespaces({ name }, call) {
      const told = await within(flare, call).namespaces(name === '' ? undefined : name)
      if (!told.ok) return statusOf(told.problem)
      return {
        namespaces: told.value.map(({ namespace, ...view }) => namespaceOf(namespace, view)),
      }
    },

    async createNamespace({ name, mode }, call) {
      if (!NAME.test(name))
        return invalid(`a namespace cannot be named ${JSON.stringify(name)}: ${NAMES}`)
      if (mode === NamespaceMode.EVENTUAL) return NO_EVENTUAL
      const made = await within(flare, call).createNamespace(name, modeOf(mode))
      return made.ok ? { namespace: namespaceOf(made.value) } : statusOf(made.problem)
    },

    async dropNamespace({ name }, call) {
      return doneOr(await within(flare, call).dropNamespace(name))
    },

    async regions({ namespace, from, limit: wanted }, call) {
      const limit = wanted === 0 ? SCAN_DEFAULT : wanted
      const refused = checkCount('regions', limit, REGIONS_MAX)
      if (refused) return refused
      const page = await within(flare, call).regions(namespace, idOf(from), limit)
      if (!page.ok) return statusOf(page.problem)
      const { regions, next } = page.value
      return { regions: regions.map(regionOf), next: BigInt(next ?? 0) }
    },

    async split({ region, keys }, call) {
      if (keys.length > SPLIT_KEYS_MAX) {
        return invalid(`${keys.length} keys to split at are too many; ${SPLIT_KEYS_MAX} at most`)
      }
      for (const key of keys) {
        const refused = checkKey(key)
        if (refused) return refused
      }
      return act(call, region, { action: 'split', keys })
    },

    transfer: ({ region, to }, call) => act(call, region, { action: 'transfer', to: nodeName(to) }),

    move: ({ region, from, to }, call) =>
      act(call, region, { action: 'move', from: nodeName(from), to: nodeName(to) }),

    async explain({ region }, call) {
      const told = await within(flare, call).explain(idOf(region))
      if (!told.ok) return statusOf(told.problem)
      return { region: regionOf(told.value.region), verdicts: told.value.verdicts }
    },

    async digest({ region }, call) {
      const told = await within(flare, call).digest(idOf(region))
      return told.ok ? digestsOf(told.value) : statusOf(told.problem)
    },

    async stores(_, call) {
      const told = await within(flare, call).stores()
      if (!told.ok) return statusOf(told.problem)
      const { stores, driver, driverEpoch } = told.value
      return { stores: stores.map(storeOf), driver, driverEpoch: BigInt(driverEpoch) }
    },

    async setStore({ name, state }, call) {
      return doneOr(await within(flare, call).setStore(nodeName(name), stateOf(state)))
    },

    async timestamps({ count: wanted }, call) {
      const count = wanted === 0 ? 1 : wanted
      const refused = checkCount('timestamps', count, MAX_STAMPS)
      if (refused) return refused
      const drawn = await within(flare, call).stamps(count)
      return drawn.ok ? drawn.value : statusOf(drawn.problem)
    },
  })

  async function act(call: Call, region: bigint, action: RegionAction): Promise<Nothing | Status> {
    return doneOr(await within(flare, call).actOnRegion(idOf(region), action))
  }
}

type Nothing = Readonly<Record<string, never>>

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
const NAMES = 'lower-case letters, digits, dots, dashes and underscores, 1 to 64 of them'

const idOf = (id: bigint): RegionId => regionId(toNumber(id))

const doneOr = (done: Outcome<undefined>): Nothing | Status =>
  done.ok ? {} : statusOf(done.problem)
