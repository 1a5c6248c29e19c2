/** Asks a region itself, as a router would that slept through a split: under an epoch that is over. */

import { nodeName } from '../../../src/base/ids.ts'
import { regionId } from '../../../src/core/region/types.ts'
import { address } from '../../../src/runtime/address.ts'
import type { RegionWrite } from '../../../src/wire/messages/region.ts'
import { bytesOf } from '../requests.ts'
import type { Connection, Desk } from './desk.ts'
import type { StaleCall } from './history.ts'

export function askStale(desk: Desk, at: Connection): void {
  const target = desk.place.staleRegion(desk.random)
  if (target === undefined) {
    desk.later(desk.random.below(desk.place.paceUs))
    return
  }
  const { region, version, confVer, node, key } = target
  const call: StaleCall = { type: 'stale', region, version, done: false, ...desk.begun() }
  desk.begin(call)
  const message: RegionWrite = {
    kind: 'region.write',
    epoch: { version, confVer },
    command: {
      op: 'write',
      ops: [
        {
          key: bytesOf(key),
          action: 'put',
          value: bytesOf(desk.unique()),
          ttlMs: 0,
          expect: undefined,
        },
      ],
      session: undefined,
    },
  }
  const to = address(nodeName(node), 'region', String(regionId(region)))
  at.outside.askThen(to, message, 2000, (outcome) => {
    if (desk.open !== call) return
    call.done = outcome.ok && outcome.message.kind === 'region.write-done'
    desk.end()
  })
}
