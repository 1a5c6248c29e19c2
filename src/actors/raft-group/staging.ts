/**
 * Where rows of a snapshot wait until it is whole: the same rooms under the name of a group that cannot
 * exist. A row keeps its record as it was sealed for its real key, so it is checked on arrival and again
 * when it is first read in its place.
 */

import { compareBytes, concatBytes } from '../../base/bytes.ts'
import { type GroupId, groupId } from '../../base/ids.ts'
import { GroupKeys } from '../../storage/keyspace.ts'
import { CorruptRecord, openRecord } from '../../storage/record.ts'
import type { KeyRange, Row, StoreOp } from '../../storage/store.ts'

export class Staging {
  readonly #live: GroupKeys
  readonly #staged: GroupKeys

  constructor(group: GroupId, live: GroupKeys) {
    this.#live = live
    this.#staged = new GroupKeys(groupId(`${group}\u0001incoming`))
  }

  /** All that is staged. */
  get all(): KeyRange {
    return this.#staged.all()
  }

  /** Rows as they arrived, to be staged. Throws `CorruptRecord` on a row that is damaged or out of place. */
  stage(rows: readonly Row[]): StoreOp[] {
    const rooms = (['r', 'e', 'a'] as const).map((room) => this.#live.room(room))
    return rows.map(([key, value]) => {
      if (!rooms.some((room) => inside(room, key))) throw new CorruptRecord('a row out of place')
      openRecord(key, value)
      return { type: 'put', key: this.#moved(key, this.#live, this.#staged), value }
    })
  }

  /** The same rows where they belong. */
  place(rows: readonly Row[]): StoreOp[] {
    return rows.map(([key, value]) => ({
      type: 'put',
      key: this.#moved(key, this.#staged, this.#live),
      value,
    }))
  }

  #moved(key: Uint8Array, from: GroupKeys, to: GroupKeys): Uint8Array {
    return concatBytes(to.all().from, key.subarray(from.all().from.length))
  }
}

const inside = (range: KeyRange, key: Uint8Array): boolean =>
  compareBytes(key, range.from) >= 0 && compareBytes(key, range.to) < 0
