/** Who lives on a node and what follows when one throws: the supervision tree as data, and how to make each kind. */

import type { ActorKind } from '../runtime/actor.ts'
import type { ChildSpec, RestartPolicy, SupervisionTree } from '../runtime/supervision.ts'
import { type FlareOptions, PLACEMENT_DRIVER, SYSTEM, TIMESTAMP_ORACLE } from './flare-options.ts'
import { leaseExpirerKind } from './lease-expirer/behavior.ts'
import type { TreeOptions, TreePorts } from './options.ts'
import { placementDriverKind } from './placement-driver/behavior.ts'
import { pulseKind } from './pulse/behavior.ts'
import { raftGroupKind } from './raft-group/behavior.ts'
import { regionKind } from './region/behavior.ts'
import { REGION } from './region/replica.ts'
import { REGION_KEEPER, regionKeeperKind } from './region-keeper/behavior.ts'
import { SENDS, SNAPSHOT_GATE, snapshotGateKind } from './snapshot-gate/behavior.ts'
import { STORE, storeKind } from './store/behavior.ts'
import { timestampOracleKind } from './timestamp-oracle/behavior.ts'
import { watchDoorKind } from './watch-door/behavior.ts'
import { watchHubKind } from './watch-hub/behavior.ts'

const RESTART: RestartPolicy = { delayMs: 50, maxDelayMs: 5000, intensity: 10, periodMs: 60_000 }

/** Children in start order. */
export function supervisionTree(options: TreeOptions): SupervisionTree {
  const { groups, flare, node } = options
  const system = [SYSTEM]
  const child = (kind: string, rest: Omit<ChildSpec, 'kind' | 'restart'>): ChildSpec => ({
    kind,
    restart: RESTART,
    ...rest,
  })
  return [
    child('pulse', { placement: 'each-shard', keys: [] }),
    child(SNAPSHOT_GATE, { placement: 'main', keys: [SENDS] }),
    child('watch-door', { placement: 'each-shard', keys: [] }),
    child('watch-hub', { placement: 'key', keys: groups }),
    child('lease-expirer', { placement: 'key', keys: groups }),
    ...(flare === undefined
      ? []
      : [
          child(TIMESTAMP_ORACLE, { placement: 'key', keys: system }),
          child(PLACEMENT_DRIVER, { placement: 'key', keys: system }),
        ]),
    child('raft-group', {
      placement: 'key',
      keys: groups,
      takesAlong: ['lease-expirer', 'watch-hub', TIMESTAMP_ORACLE, PLACEMENT_DRIVER],
    }),
    ...(flare === undefined
      ? []
      : [
          child(STORE, { placement: 'main', keys: [node] }),
          child(REGION, { placement: 'key', keys: [] }),
          child(REGION_KEEPER, { placement: 'each-shard', keys: [] }),
        ]),
  ]
}

export function actorKinds(options: TreeOptions, ports: TreePorts): readonly ActorKind[] {
  return [
    pulseKind(options),
    snapshotGateKind(),
    watchDoorKind(options),
    watchHubKind(options),
    leaseExpirerKind(options),
    raftGroupKind(options, ports),
    ...(options.flare === undefined ? [] : flareKinds(options, ports, options.flare)),
  ]
}

function flareKinds(
  options: TreeOptions,
  ports: TreePorts,
  flare: FlareOptions,
): readonly ActorKind[] {
  return [
    timestampOracleKind(options, flare.oracle),
    placementDriverKind(options, flare),
    storeKind(options, flare, ports),
    regionKind(options, ports),
    regionKeeperKind(),
  ]
}
