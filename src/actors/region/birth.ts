/**
 * What a peer's disk holds before its first life: nothing has been said to it yet but what everybody knows.
 * Founders and children begin behind a base that no empty peer can have, so that one that was made empty
 * always starts from a snapshot.
 */

import type { PeerId } from '../../base/ids.ts'
import type { Configuration } from '../../core/raft/types.ts'
import type { ChildStart, ReplicaMeta } from '../../core/region/applied.ts'
import { configurationOf } from '../../core/region/peers.ts'
import { CHILD_BASE } from '../../core/region/split.ts'
import { NEVER } from '../../core/region/timestamps.ts'
import type { RegionDescriptor, RegionPeer } from '../../core/region/types.ts'
import { GroupKeys } from '../../storage/keyspace.ts'
import { baseOp, hardStateOp } from '../../storage/raftlog.ts'
import { regionMarkOp } from '../../storage/region-marks.ts'
import { replicaOps } from '../../storage/region-rows.ts'
import type { StoreOp } from '../../storage/store.ts'
import type { TreeOptions } from '../options.ts'
import { regionGroup } from './replica.ts'

type Store = Pick<TreeOptions, 'node' | 'incarnation'>

const NOBODY: Configuration = { voters: [], outgoing: [], learners: [], autoLeave: false }

/** The peer that this store, with this data directory, has of a region. */
export const ownPeer = (
  { peers }: RegionDescriptor,
  { node, incarnation }: Store,
): RegionPeer | undefined => peers.find((it) => it.store === node && it.incarnation === incarnation)

/** Of a namespace's first region. */
export function founderOps(descriptor: RegionDescriptor, peer: PeerId): readonly StoreOp[] {
  const state = emptyState(descriptor, CHILD_BASE)
  return childOps({ state, sessions: [], configuration: configurationOf(descriptor.peers) }, peer)
}

/** Of a peer that its leader invites: it belongs to no configuration before it hears of one. */
export function guestOps(descriptor: RegionDescriptor, peer: PeerId): readonly StoreOp[] {
  const keys = new GroupKeys(regionGroup(descriptor.id))
  return [
    regionMarkOp({ region: descriptor.id, peer, living: true }),
    baseOp(keys, { index: 0, term: 0, configuration: NOBODY }),
    ...stateOps(keys, emptyState(descriptor, 0), []),
  ]
}

/** Of a part that its parent splits off. */
export function childOps(start: ChildStart, peer: PeerId): readonly StoreOp[] {
  const { state, sessions, configuration } = start
  const { id } = state.descriptor
  const keys = new GroupKeys(regionGroup(id))
  return [
    regionMarkOp({ region: id, peer, living: true }),
    baseOp(keys, { index: CHILD_BASE, term: CHILD_BASE, configuration }),
    hardStateOp(keys, { term: CHILD_BASE, vote: undefined, commit: CHILD_BASE }),
    ...stateOps(keys, state, sessions),
  ]
}

function stateOps(
  keys: GroupKeys,
  meta: ReplicaMeta,
  sessions: ChildStart['sessions'],
): readonly StoreOp[] {
  return replicaOps(keys, { meta, shape: true, sessions: { changed: sessions, forgotten: [] } })
}

const emptyState = (descriptor: RegionDescriptor, applied: number): ReplicaMeta => ({
  descriptor,
  announced: [],
  appliedIndex: applied,
  appliedTerm: applied,
  size: { rows: 0, bytes: 0 },
  driverEpoch: 0,
  safePoint: NEVER,
  highestCommit: NEVER,
  forgottenSession: NEVER,
})
