/** Who lives on a node and what follows when one throws: the supervision tree as data, and how to make each kind. */

import type { ActorKind } from '../runtime/actor.ts'
import type { ChildSpec, RestartPolicy, SupervisionTree } from '../runtime/supervision.ts'
import { type FlareOptions, SYSTEM, TIMESTAMP_ORACLE } from './flare-options.ts'
import { leaseExpirerKind } from './lease-expirer/behavior.ts'
import type { TreeOptions, TreePorts } from './options.ts'
import { pulseKind } from './pulse/behavior.ts'
import { raftGroupKind } from './raft-group/behavior.ts'
import { SENDS, SNAPSHOT_GATE, snapshotGateKind } from './snapshot-gate/behavior.ts'
import { timestampOracleKind } from './timestamp-oracle/behavior.ts'
import { watchDoorKind } from './watch-door/behavior.ts'
import { watchHubKind } from './watch-hub/behavior.ts'

const RESTART: RestartPolicy = { delayMs: 50, maxDelayMs: 5000, intensity: 10, periodMs: 60_000 }

/** Children in start order. */
export function supervisionTree(options: TreeOptions): SupervisionTree {
  const { groups, flare } = options
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
    ...(flare === undefined ? [] : [child(TIMESTAMP_ORACLE, { placement: 'key', keys: system })]),
    child('raft-group', {
      placement: 'key',
      keys: groups,
      takesAlong: ['lease-expirer', 'watch-hub', TIMESTAMP_ORACLE],
    }),
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
    ...(options.flare === undefined ? [] : flareKinds(options, options.flare)),
  ]
}

function flareKinds(options: TreeOptions, flare: FlareOptions): readonly ActorKind[] {
  return [timestampOracleKind(options, flare.oracle)]
}
