/** What worker threads of the thread tests load: toy actors over a store of the main thread's directory. */

import { SILENT } from '../../../src/base/ports/log.ts'
import { UNMETERED } from '../../../src/base/ports/meter.ts'
import type { ShardParts, WorkerTask } from '../../../src/runtime/threads/parts.ts'
import { runWorkerShard } from '../../../src/runtime/threads/worker-shard.ts'
import { openLevelStore } from '../../../src/storage/level/level-store.ts'
import { FRAMES } from '../../../src/wire/frame.ts'
import { COUNTER, child, HERMIT, program, RELAY } from './toys.ts'

export interface ToyConfig {
  readonly directory: string
  readonly counters: readonly string[]
}

export function toyParts(config: ToyConfig): ShardParts {
  return {
    program: program([COUNTER, RELAY, HERMIT], {
      local: 'plain',
      children: [
        child('counter', { keys: config.counters }),
        child('relay', { placement: 'each-shard', keys: [] }),
        child('hermit', { placement: 'main', keys: ['h'] }),
      ],
    }),
    frames: FRAMES,
    log: SILENT,
    meter: UNMETERED,
    openStore: async () => {
      const store = await openLevelStore({ directory: config.directory, sync: true })
      return { store, close: () => store.close() }
    },
    services: {
      hang: (ms) => {
        const end = performance.now() + (ms as number)
        while (performance.now() < end);
      },
      'throw-outside': () => {
        setImmediate(() => {
          throw new Error('a bug outside of any actor')
        })
      },
    },
  }
}

export const runShard = (task: WorkerTask): Promise<void> =>
  runWorkerShard(task, () => toyParts(task.config as ToyConfig))
