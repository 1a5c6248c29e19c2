/**
 * Rebuilds the KV machine from its rows: at start, and when a snapshot is in place. Reads leases, then
 * versions, page by page off the thread.
 */

import { concatBytes } from '../../base/bytes.ts'
import type { KvMeta } from '../../core/kv/applied.ts'
import type { KvMachine } from '../../core/kv/machine.ts'
import { KvRestore } from '../../core/kv/restore.ts'
import type { Context } from '../../runtime/actor.ts'
import type { GroupKeys, GroupRoom } from '../../storage/keyspace.ts'
import { readLease, readRestored } from '../../storage/kvrows.ts'
import type { KeyRange, Row } from '../../storage/store.ts'

export const PAGE = { rows: 1000, bytes: 512 * 1024 }

export class KvReload {
  readonly #keys: GroupKeys
  readonly #meta: KvMeta
  readonly #restore: KvRestore
  #room: GroupRoom = 'e'

  constructor(keys: GroupKeys, meta: KvMeta) {
    this.#keys = keys
    this.#meta = meta
    this.#restore = new KvRestore(meta)
  }

  begin(context: Context): void {
    context.scan(this.#keys.room(this.#room), PAGE, 'reload')
  }

  /** Takes one page; gives the machine after the last. */
  page(rows: readonly Row[], more: boolean, context: Context): KvMachine | undefined {
    for (const row of rows) this.#take(row)
    if (more) {
      context.scan(after(this.#keys.room(this.#room), rows), PAGE, 'reload')
      return undefined
    }
    if (this.#room === 'r') return this.#restore.finish()
    this.#room = 'r'
    context.scan(this.#keys.room('r'), PAGE, 'reload')
    return undefined
  }

  #take(row: Row): void {
    if (this.#room === 'e') {
      this.#restore.lease(readLease(this.#keys, row))
      return
    }
    const version = readRestored(this.#keys, row)
    // Rows beyond were written for entries that will be applied again.
    if (version.at.main <= this.#meta.revision) this.#restore.row(version)
  }
}

/** What is left of a range behind a page of it. */
export function after(range: KeyRange, rows: readonly Row[]): KeyRange {
  const last = rows.at(-1)
  return last === undefined ? range : { ...range, from: concatBytes(last[0], Uint8Array.of(0)) }
}
