/** Between protobuf's shapes and the domain's. */

import type {
  NamespaceQuota,
  NamespaceView,
  RegionView,
  StoreView,
} from '../../core/placement/types.ts'
import type { Namespace as NamespaceShape } from '../../core/region/types.ts'
import {
  type FoundRow,
  type NamespaceMode as Mode,
  type SessionMark,
  type Timestamp,
  timestamp,
} from '../../core/region/types.ts'
import {
  type Namespace,
  NamespaceMode,
  type Region,
  type Row,
  type Session,
  type Store,
  StoreState,
} from '../../wire/proto/flaredb/v1/flaredb.ts'
import { toNumber } from '../etcd/kv-requests.ts'

/** 0 stands for no timestamp. */
export const atOf = (at: bigint): Timestamp | undefined => (at === 0n ? undefined : timestamp(at))

export const rowOf = ({ key, value, version }: FoundRow): Row => ({ key, value, version })

export function sessionOf(session: Session | undefined): SessionMark | undefined {
  if (session === undefined) return undefined
  return {
    session: timestamp(session.session),
    sequence: toNumber(session.sequence),
    answeredBelow: toNumber(session.answeredBelow),
  }
}

export const modeOf = (mode: NamespaceMode): Mode =>
  mode === NamespaceMode.EVENTUAL ? 'eventual' : 'strong'

const NO_QUOTA: NamespaceQuota = { bytes: 0, keys: 0 }

export function namespaceOf(
  { name, id, mode }: NamespaceShape,
  view?: Omit<NamespaceView, 'namespace'>,
): Namespace {
  const quota = view?.quota ?? NO_QUOTA
  return {
    name,
    id,
    mode: mode === 'eventual' ? NamespaceMode.EVENTUAL : NamespaceMode.STRONG,
    regions: BigInt(view?.regions ?? 0),
    bytes: BigInt(view?.bytes ?? 0),
    keys: BigInt(view?.keys ?? 0),
    maxBytes: BigInt(quota.bytes),
    maxKeys: BigInt(quota.keys),
  }
}

export function regionOf({ descriptor, leader, doing, ...view }: RegionView): Region {
  const { id, namespace, from, to, epoch, peers } = descriptor
  return {
    id: BigInt(id),
    namespaceId: namespace,
    startKey: from,
    endKey: to,
    version: BigInt(epoch.version),
    confVer: BigInt(epoch.confVer),
    peers: peers.map(({ peer, store, role }) => ({
      id: BigInt(peer),
      store,
      learner: role === 'learner',
    })),
    leader: leader ?? '',
    term: BigInt(view.term),
    bytes: BigInt(view.bytes),
    keys: BigInt(view.keys),
    writes: BigInt(Math.round(view.writes)),
    reads: BigInt(Math.round(view.reads)),
    doing: doing ?? '',
  }
}

const STATES = { up: StoreState.UP, draining: StoreState.DRAINING, gone: StoreState.GONE } as const

export function storeOf({ name, state, contact, load, labels }: StoreView): Store {
  return {
    name,
    state: STATES[state],
    contact,
    peers: BigInt(load.peers),
    leaders: BigInt(load.leaders),
    bytes: BigInt(load.bytes),
    freeBytes: BigInt(load.freeBytes),
    writes: BigInt(Math.round(load.writes)),
    reads: BigInt(Math.round(load.reads)),
    labels: Object.fromEntries(labels.map((label) => [label.name, label.value])),
  }
}

export const stateOf = (state: StoreState): StoreView['state'] =>
  state === StoreState.DRAINING ? 'draining' : state === StoreState.GONE ? 'gone' : 'up'
