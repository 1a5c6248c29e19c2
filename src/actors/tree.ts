/** Who lives on a node and what follows when one throws: the supervision tree as data, and how to make each kind. */

import type { ActorKind } from '../runtime/actor.ts'
import type { ChildSpec, RestartPolicy, SupervisionTree } from '../runtime/supervision.ts'
import type { TreeOptions, TreePorts } from './options.ts'
import { raftGroupKind } from './raft-group/behavior.ts'

const RESTART: RestartPolicy = { delayMs: 50, maxDelayMs: 5000, intensity: 10, periodMs: 60_000 }

/** Children in start order. */
export function supervisionTree(options: TreeOptions): SupervisionTree {
  const groups = options.groups
  const child = (kind: string, rest: Omit<ChildSpec, 'kind' | 'restart'>): ChildSpec => ({
    kind,
    restart: RESTART,
    ...rest,
  })
  return [
    child('raft-group', {
      placement: 'key',
      keys: groups,
    }),
  ]
}

export function actorKinds(options: TreeOptions, ports: TreePorts): readonly ActorKind[] {
  return [raftGroupKind(options, ports)]
}
