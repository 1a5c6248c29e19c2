/**
 * Reading a region's versions page by page: a reader says which rows it wants, is given them, and has its answer
 * when it wants no more. It knows neither disk nor epoch: whoever drives it checks both between pages.
 */

import type { VersionRow, VersionSpan } from '../rows.ts'
import type { RegionAnswer } from '../types.ts'

export interface PageWish {
  readonly read: number
  readonly span: VersionSpan
}

export interface PageReader {
  /** What to read now, each with a number of its own: once after it was made, and after each `found`. */
  wants(): readonly PageWish[]
  /** One page, in the span's order; `more`: the span goes on behind the last row. */
  found(read: number, rows: readonly VersionRow[], more: boolean): void
  readonly done: boolean
  /** Once it is done. */
  answer(): RegionAnswer
}
