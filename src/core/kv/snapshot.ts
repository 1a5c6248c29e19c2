/**
 * What a snapshot of the machine's present state holds, so that it can be spooled page by page while
 * writes go on: `meta`, `leases`, and every row of the revisions table with `main` at most `meta.revision`.
 * Rows above it are left out; rows gone meanwhile were superseded before. Holds a pin until `release`.
 */

import type { KvMeta, LeaseRecord } from './applied.ts'

export interface SnapshotImage {
  readonly meta: KvMeta
  readonly leases: readonly LeaseRecord[]
  release(): void
}
