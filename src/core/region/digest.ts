/**
 * The hash of one replica's rows as of one entry of the log, by which replicas are compared while writes go on.
 *
 * The entry names a timestamp that the leader had served as a read before: from the entry on no version at or below it
 * appears any more, but for those of transactions whose locks lie there, and whose keys are left out. Collection takes away only what the
 * newest put at or below the safe point hides. So what is counted here is the same whenever it is read, and the disk may be read page by
 * page at leisure. Records of rollbacks and locks come and go and are not counted; that each is whole is for the reader of the disk to see.
 */

import { type Bytes, EMPTY, equalBytes } from '../../base/bytes.ts'
import { type KeyText, keyText } from '../mvcc/key-text.ts'
import { RowHash } from './read/row-hash.ts'
import type { RegionReplica } from './replica.ts'
import { type VersionRow, versionBytes } from './rows.ts'
import type { Timestamp } from './types.ts'

export interface DigestSum {
  readonly rows: number
  readonly bytes: number
  readonly hash: bigint
}

export class Digest {
  readonly safePoint: Timestamp
  readonly #at: Timestamp
  /** Transactions that may still commit at or below. */
  readonly #locked: ReadonlySet<KeyText>
  readonly #hash = new RowHash()
  #rows = 0
  #bytes = 0
  /** The key at hand, and whether the newest of it at or below the safe point was seen. */
  #key: Bytes = EMPTY
  #settled = false

  constructor(
    at: Timestamp,
    { safePoint, locks, descriptor }: Pick<RegionReplica, 'safePoint' | 'locks' | 'descriptor'>,
  ) {
    this.#at = at
    this.safePoint = safePoint
    const locked = new Set<KeyText>()
    locks.walk(descriptor, ({ key, start }) => {
      if (start <= at) locked.add(keyText(key))
      return true
    })
    this.#locked = locked
  }

  get sum(): DigestSum {
    return { rows: this.#rows, bytes: this.#bytes, hash: this.#hash.value }
  }

  /** In the order of the disk: a key's newest version comes first. */
  add(row: VersionRow): void {
    if (!equalBytes(row.key, this.#key)) {
      this.#key = row.key
      this.#settled = false
    }
    if (row.commit > this.#at || (row.kind !== 'put' && row.kind !== 'delete')) return
    if (this.#locked.size > 0 && this.#locked.has(keyText(row.key))) return
    if (row.commit <= this.safePoint) {
      const newest = !this.#settled
      this.#settled = true
      // Deletes and what expires may be collected themselves.
      if (!newest || row.kind === 'delete' || row.expiryMs > 0) return
    }
    this.#count(row)
  }

  #count(row: VersionRow): void {
    const { key, value, commit: version } = row
    this.#rows += 1
    this.#bytes += versionBytes(row)
    if (row.kind === 'put') this.#hash.add({ key, value, version })
    else this.#hash.add({ key: EMPTY, value: key, version })
  }
}
