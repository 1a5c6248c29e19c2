/** What one thread of a node is made of, whichever thread it is: its program, its store, its door. */

import { actorKinds, supervisionTree } from '../actors/tree.ts'
import type { TlsIdentity } from '../api/tls.ts'
import { MeterBook } from '../base/meter-book.ts'
import type { ReadyShard, ShardParts } from '../runtime/threads/parts.ts'
import { BATCH_RING } from '../storage/batch-ring.ts'
import { openLevelStore } from '../storage/level/level-store.ts'
import type { Store, StoreStats } from '../storage/store.ts'
import { CODEC } from '../wire/codec.ts'
import { FRAMES } from '../wire/frame.ts'
import { CERTIFICATES } from './certificates.ts'
import { openDoor } from './door.ts'
import { FaultyStore } from './faulty-store.ts'
import { openLogger } from './logger.ts'
import { releaseStartMemory } from './memory.ts'
import type { NodePlan } from './plan.ts'
import { REPORT, shardReport } from './report.ts'

/** The name under which a shard gives what its meter counted since the last time. */
export const READINGS = 'readings'
/** The name under which a shard takes a `DiskFault`. */
export const DISK_FAULT = 'disk-fault'

export type DiskFault = { readonly stallMs: number } | { readonly full: boolean }

/** Before the store is open nobody writes. */
const NO_DISK: StoreStats = { diskBytes: 0, levelZeroFiles: 0, freeBytes: 0 }

export interface NodeParts extends ShardParts {
  readonly meter: MeterBook
  disk(): StoreStats
}

export function makeParts(plan: NodePlan, shard: number): NodeParts {
  const { tree, logLevel, storeDirectory, sync } = plan
  const meter = new MeterBook()
  let store: Store | undefined
  let faulty: FaultyStore | undefined
  const disk = (): StoreStats => store?.stats() ?? NO_DISK
  return {
    program: {
      kinds: actorKinds(tree, { disk }),
      tree: supervisionTree(tree),
      codec: CODEC,
      ring: BATCH_RING,
    },
    frames: FRAMES,
    log: openLogger({ level: logLevel, node: tree.node, ...(shard > 0 ? { shard } : {}) }),
    meter,
    disk,
    openStore: async () => {
      const opened = await openLevelStore({ directory: storeDirectory, sync })
      if (plan.faults) faulty = new FaultyStore(opened)
      store = faulty ?? opened
      return { store, close: () => opened.close() }
    },
    onReady: async (ready) => {
      if (faulty !== undefined) serveDiskFaults(ready, faulty)
      // Workers carry the clients; the main thread does when it is alone.
      const hasDoor = shard > 0 || tree.workers === 0
      const door = hasDoor ? await openDoor(plan, shard, ready) : undefined
      ready.serve(REPORT, () => shardReport(ready, () => door?.connections() ?? 0))
      ready.serve(READINGS, () => meter.drain())
      ready.serve(CERTIFICATES, (identity) => door?.renew(identity as TlsIdentity))
      if (shard > 0) releaseStartMemory()
      return door && (() => door.close())
    },
  }
}

function serveDiskFaults(ready: ReadyShard, store: FaultyStore): void {
  ready.serve(DISK_FAULT, (data) => {
    Object.assign(store, data as DiskFault)
  })
}
