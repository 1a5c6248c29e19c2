/** What makes a node healthy, live and ready: etcd's checks, each a question to Chainfire. */

import type { Chainfire, Outcome } from '../actors/chainfire.ts'
import type { RangeRequest } from '../core/kv/types.ts'

export interface Check {
  readonly name: string
  /** Why it fails; undefined when it passes. */
  run(): Promise<string | undefined>
}

export interface CheckResult {
  readonly name: string
  readonly failure: string | undefined
}

const KEY = new TextEncoder().encode('health')
const LIGHT_READ: RangeRequest = {
  key: KEY,
  rangeEnd: new Uint8Array(0),
  limit: 1,
  revision: 0,
  sortOrder: 'none',
  sortTarget: 'key',
  keysOnly: true,
  countOnly: false,
  minModRevision: 0,
  maxModRevision: 0,
  minCreateRevision: 0,
  maxCreateRevision: 0,
  serializable: false,
}

const TEXTS: Readonly<Record<string, string>> = {
  'no-leader': 'etcdserver: no leader',
  overloaded: 'etcdserver: too many requests',
  'no-space': 'etcdserver: mvcc: database space exceeded',
  stopping: 'etcdserver: server stopped',
  'leader-changed': 'etcdserver: leader changed',
  timeout: 'etcdserver: request timed out',
  'timeout-leader-failed': 'etcdserver: request timed out, possibly due to previous leader failure',
  'timeout-disconnected': 'etcdserver: request timed out, possibly due to connection lost',
}

/** Why a small read fails; undefined when it is answered. */
export async function readFailure(
  chainfire: Chainfire,
  serializable: boolean,
): Promise<string | undefined> {
  const outcome: Outcome<unknown> = await chainfire.range({ ...LIGHT_READ, serializable })
  if (outcome.ok) return undefined
  const reason = 'unavailable' in outcome ? outcome.unavailable : outcome.error
  return TEXTS[reason] ?? reason
}

const serializableRead = (chainfire: Chainfire): Check => ({
  name: 'serializable_read',
  run: () => readFailure(chainfire, true),
})

export const livezChecks = (chainfire: Chainfire): readonly Check[] => [serializableRead(chainfire)]

export const readyzChecks = (chainfire: Chainfire): readonly Check[] => [
  // Corruption is not looked for in the background: what reads a corrupt record fails by itself.
  { name: 'data_corruption', run: async () => undefined },
  serializableRead(chainfire),
  { name: 'linearizable_read', run: () => readFailure(chainfire, false) },
  {
    name: 'non_learner',
    async run() {
      const { role } = await chainfire.status()
      return role === 'learner' ? 'not supported for learner' : undefined
    },
  },
]

export function runChecks(checks: readonly Check[]): Promise<readonly CheckResult[]> {
  return Promise.all(
    checks.map(async ({ name, run }) => {
      const failure = await run().catch((error: unknown) => String(error))
      return { name, failure }
    }),
  )
}
