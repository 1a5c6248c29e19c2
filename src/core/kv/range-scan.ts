/**
 * A read outside the log, in steps that never hold the thread: step until done, fetch the versions named
 * by `rows`, give them to `finish`. Holds a pin until `release`, which must be called once whatever happens.
 */

import type { RevisionId } from '../mvcc/revision.ts'
import type { KeyValue, RangeResponse } from './types.ts'

export declare class RangeScan {
  /** The revision read at. */
  readonly revision: number
  readonly done: boolean
  /** Looks at no more than `maxKeys` further keys; true when done. */
  step(maxKeys: number): boolean
  /** Which versions to fetch, in this order, once done. */
  readonly rows: readonly RevisionId[]
  /** `values[i]` belongs to `rows[i]`. */
  finish(values: readonly KeyValue[]): RangeResponse
  release(): void
}
