/** What a worker thread loads: one shard of the node whose plan it is handed. */

import type { WorkerTask } from '../runtime/threads/parts.ts'
import { runWorkerShard } from '../runtime/threads/worker-shard.ts'
import { makeParts } from './parts.ts'
import type { NodePlan } from './plan.ts'

export const runShard = (task: WorkerTask): Promise<void> =>
  runWorkerShard(task, ({ config, shard }) => makeParts(config as NodePlan, shard))
