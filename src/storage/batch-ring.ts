/** Where each shard's batches leave their numbers: a few slots that go round, sealed like every record. */

import { batchRingKey } from './keyspace.ts'
import { openRecord, sealRecord } from './record.ts'

export const BATCH_RING = {
  slots: 8,
  key: batchRingKey,
  seal: sealRecord,
  open: openRecord,
} as const
