/** One sample at least of every message of oracle and driver. */

import { EMPTY } from '../../src/base/bytes.ts'
import { nodeName, peerId } from '../../src/base/ids.ts'
import { namespaceId, regionId, timestamp } from '../../src/core/region/types.ts'
import type { DriverMessage } from '../../src/wire/messages/driver.ts'
import type { OracleMessage } from '../../src/wire/messages/oracle.ts'

const node = nodeName('n1')
const key = Uint8Array.of(1, 0, 255)
const epoch = { version: 3, confVer: 2 }
const descriptor = {
  id: regionId(7),
  namespace: namespaceId(1),
  from: EMPTY,
  to: key,
  epoch,
  peers: [{ peer: peerId(9), store: node, incarnation: 'beef', role: 'voter' as const }],
}
const namespace = { id: namespaceId(1), name: 'default', mode: 'strong' as const, modeEpoch: 1 }
const quota = { bytes: 1 << 30, keys: 0 }
const labels = [{ name: 'zone', value: 'east-1' }]
const load = { peers: 3, leaders: 1, bytes: 4096, freeBytes: 2 ** 40, writes: 5, reads: 6 }
const figures = { term: 4, bytes: 4096, keys: 12, writes: 5, reads: 6 }
const region = {
  descriptor,
  leader: node,
  ...figures,
  heardMs: 40,
  doing: 'moves a replica from n1 to n4: the learner catches up',
}

const oracle: readonly OracleMessage[] = [
  { kind: 'oracle.stamps', count: 1000 },
  { kind: 'oracle.flush' },
  { kind: 'oracle.stamps-are', first: timestamp(2n ** 63n - 1n), count: 1000 },
]

const driver: readonly DriverMessage[] = [
  { kind: 'driver.refused', reason: 'no-leader', text: 'n2 drives', leader: nodeName('n2') },
  { kind: 'driver.refused', reason: 'undetermined', text: 'ask again', leader: undefined },
  { kind: 'driver.routes', namespace: namespaceId(1), from: key, limit: 10 },
  { kind: 'driver.routes-are', regions: [{ descriptor, leader: undefined }] },
  { kind: 'driver.namespaces', name: undefined },
  {
    kind: 'driver.namespaces-are',
    namespaces: [{ namespace, quota, regions: 2, bytes: 10, keys: 1 }],
  },
  { kind: 'driver.namespace-create', name: 'cache', mode: 'eventual' },
  { kind: 'driver.namespace-is', namespace },
  { kind: 'driver.namespace-drop', name: 'cache' },
  { kind: 'driver.namespace-limit', name: 'cache', quota },
  { kind: 'driver.done' },
  { kind: 'driver.split-ids', region: regionId(7), epoch, parts: 2 },
  { kind: 'driver.split-ids-are', ids: [{ region: regionId(8), peers: [peerId(10)] }] },
  { kind: 'driver.regions', namespace: undefined, from: regionId(0), limit: 100 },
  { kind: 'driver.regions', namespace: namespaceId(1), from: regionId(5), limit: 100 },
  {
    kind: 'driver.regions-are',
    regions: [region, { ...region, leader: undefined, heardMs: undefined, doing: undefined }],
    next: regionId(8),
  },
  { kind: 'driver.stores' },
  {
    kind: 'driver.stores-are',
    stores: [
      {
        name: node,
        incarnation: 'beef',
        state: 'draining',
        contact: 'silent',
        heardMs: 12_000,
        labels,
        load,
      },
    ],
    driver: node,
    driverEpoch: 4,
  },
  { kind: 'driver.region-do', region: regionId(7), action: { action: 'split', keys: [key] } },
  { kind: 'driver.region-do', region: regionId(7), action: { action: 'transfer', to: node } },
  {
    kind: 'driver.region-do',
    region: regionId(7),
    action: { action: 'move', from: node, to: nodeName('n4') },
  },
  { kind: 'driver.store-set', name: node, state: 'gone' },
  { kind: 'driver.explain', region: regionId(7) },
  {
    kind: 'driver.explained',
    region,
    verdicts: [{ rule: 'balance-leaders', acts: false, reason: 'n1 leads no more than others' }],
  },
  {
    kind: 'driver.beat',
    incarnation: 'beef',
    labels,
    load,
    driverEpoch: 0,
    reports: [{ descriptor, ...figures }],
    orphans: [{ descriptor, peer: peerId(9) }],
  },
  { kind: 'driver.beaten', driverEpoch: 4, safePoint: timestamp(0n) },
  { kind: 'driver.safe-point', service: 'backup', at: timestamp(5n << 16n), ttlMs: 60_000 },
  { kind: 'driver.safe-point-is', safePoint: timestamp(5n << 16n) },
]

export const DRIVER_SAMPLES = [...oracle, ...driver]
