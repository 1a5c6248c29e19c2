/** The whole script, in the order in which one store goes through it. */

import type { Step } from '../steps.ts'
import { compactionScript } from './compaction.ts'
import { ERRORS } from './errors.ts'
import { KV } from './kv.ts'
import { LEASE } from './lease.ts'
import { SURFACE } from './surface.ts'
import { TXN } from './txn.ts'
import { watchScript } from './watch.ts'

export interface Section {
  readonly name: string
  /** The steps, for a store that stands at this revision. */
  steps(revision: number): readonly Step[]
}

export const SCRIPT: readonly Section[] = [
  { name: 'kv', steps: () => KV },
  { name: 'txn', steps: () => TXN },
  { name: 'watch', steps: watchScript },
  { name: 'lease', steps: () => LEASE },
  { name: 'errors', steps: () => ERRORS },
  { name: 'compaction', steps: compactionScript },
  { name: 'surface', steps: () => SURFACE },
]
