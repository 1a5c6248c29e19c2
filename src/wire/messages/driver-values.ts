/** Shapes of the driver's own values: stores, namespaces, regions as tables show them, what operators want. */

import type {
  NamespaceQuota,
  NamespaceView,
  RegionAction,
  RegionReport,
  RegionView,
  StoreLabel,
  StoreLoad,
  StoreState,
  StoreView,
  Verdict,
} from '../../core/placement/types.ts'
import type { Namespace, NamespaceMode } from '../../core/region/types.ts'
import { bool, count, list, oneOf, optional, type Schema, struct, text, union } from '../schema.ts'
import { node } from './group.ts'
import { descriptor, key, namespace as namespaceId } from './region-values.ts'

const NAME = 64
const TEXT = 400
export const LABELS = 16
const PARTS = 256

export const words: Schema<string> = text(TEXT)
export const name: Schema<string> = text(NAME)
export const mode: Schema<NamespaceMode> = oneOf('strong', 'eventual')
export const storeState: Schema<StoreState> = oneOf('up', 'draining', 'gone')

export const namespace: Schema<Namespace> = struct({
  id: namespaceId,
  name,
  mode,
  modeEpoch: count,
})

export const quota: Schema<NamespaceQuota> = struct({ bytes: count, keys: count })

export const storeLabel: Schema<StoreLabel> = struct({ name, value: name })

export const storeLoad: Schema<StoreLoad> = struct({
  peers: count,
  leaders: count,
  bytes: count,
  freeBytes: count,
  writes: count,
  reads: count,
})

export const regionReport: Schema<RegionReport> = struct({
  descriptor,
  term: count,
  bytes: count,
  keys: count,
  writes: count,
  reads: count,
})

export const storeView: Schema<StoreView> = struct({
  name: node,
  incarnation: name,
  state: storeState,
  contact: oneOf('live', 'silent', 'dead'),
  heardMs: optional(count),
  labels: list(storeLabel, LABELS),
  load: storeLoad,
})

export const regionView: Schema<RegionView> = struct({
  descriptor,
  leader: optional(node),
  term: count,
  bytes: count,
  keys: count,
  writes: count,
  reads: count,
  heardMs: optional(count),
  doing: optional(words),
})

export const namespaceView: Schema<NamespaceView> = struct({
  namespace,
  quota,
  regions: count,
  bytes: count,
  keys: count,
})

export const verdict: Schema<Verdict> = struct({ rule: name, acts: bool, reason: words })

export const regionAction: Schema<RegionAction> = union('action', {
  split: struct({ keys: list(key, PARTS) }),
  transfer: struct({ to: node }),
  move: struct({ from: node, to: node }),
  add: struct({ to: node }),
  remove: struct({ from: node }),
})
