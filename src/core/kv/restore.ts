/**
 * Rebuilds a machine from its rows, at start and when a snapshot was installed: leases first, then the
 * revisions table in order of revision, without values. A scrub that was interrupted goes on afterwards.
 */

import { assert } from '../../base/assert.ts'
import type { Bytes } from '../../base/bytes.ts'
import { Lessor } from '../lease/lessor.ts'
import { KeyIndex } from '../mvcc/key-index.ts'
import { keyText } from '../mvcc/key-text.ts'
import { compareRevisions, type RevisionId } from '../mvcc/revision.ts'
import type { KvMeta, LeaseRecord } from './applied.ts'
import { KvMachine } from './machine.ts'

/** A row of the revisions table without its value. */
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

export class KvRestore {
  readonly #meta: KvMeta
  readonly #index = new KeyIndex()
  readonly #lessor = new Lessor()
  #last: RevisionId = { main: 0, sub: 0 }

  constructor(meta: KvMeta) {
    this.#meta = meta
  }

  /** All leases, before the first row. */
  lease(record: LeaseRecord): void {
    assert(this.#last.main === 0, 'leases come before rows')
    this.#lessor.add(record)
  }

  /** In order of `at`; every row of the table, none above `meta.revision`. */
  row(row: RestoredRow): void {
    assert(compareRevisions(this.#last, row.at) < 0, 'rows come in order of revision')
    assert(row.at.main <= this.#meta.revision, 'a row above the revision its store is at')
    this.#last = row.at
    const key = keyText(row.key)
    const history = this.#index.open(key)
    const { main, sub } = row.at
    if (row.tombstone) {
      this.#index.push(history, main, sub, 0, 0)
      this.#lessor.attach(key, 0n)
    } else {
      this.#index.push(history, main, sub, row.createRevision, row.version)
      // A lease that is gone took its keys along: a tombstone of this key follows.
      this.#lessor.attach(key, this.#lessor.has(row.lease) ? row.lease : 0n)
    }
  }

  finish(): KvMachine {
    return new KvMachine({ index: this.#index, lessor: this.#lessor, meta: this.#meta })
  }
}
