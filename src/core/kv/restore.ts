/** A row of the revisions table without its value, as a restore needs it. */

import type { Bytes } from '../../base/bytes.ts'
import type { RevisionId } from '../mvcc/revision.ts'

export type RestoredRow =
  | {
      readonly at: RevisionId
      readonly key: Bytes
      readonly tombstone: false
      readonly createRevision: number
      readonly version: number
      readonly lease: bigint
    }
  | { readonly at: RevisionId; readonly key: Bytes; readonly tombstone: true }
