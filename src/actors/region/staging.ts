/**
 * Where rows of a snapshot wait until it is whole: under the name of a group that cannot exist, each behind its
 * real key. A row keeps its record as it was sealed for that key, so it is checked on arrival and again when it
 * is first read in its place.
 */

import { compareBytes, concatBytes } from '../../base/bytes.ts'
import { groupId } from '../../base/ids.ts'
import type { RegionDescriptor } from '../../core/region/types.ts'
import { GroupKeys } from '../../storage/keyspace.ts'
import { CorruptRecord, openRecord } from '../../storage/record.ts'
import { NamespaceKeys } from '../../storage/region-keyspace.ts'
import type { KeyRange, Row, StoreOp } from '../../storage/store.ts'
import { regionGroup } from './replica.ts'

export class Staging {
  readonly #live: GroupKeys
  /** All that is staged. */
  readonly all: KeyRange

  constructor({ id }: Pick<RegionDescriptor, 'id'>) {
    const group = regionGroup(id)
    this.#live = new GroupKeys(group)
    this.all = new GroupKeys(groupId(`${group}\u0001incoming`)).all()
  }

  /** Rows as they arrived, to be staged. Throws `CorruptRecord` on one that is damaged or out of place. */
  stage(rows: readonly Row[], descriptor: RegionDescriptor): StoreOp[] {
    const data = new NamespaceKeys(descriptor.namespace)
    const rooms = (['a', 'd', 's'] as const).map((room) => this.#live.room(room))
    const places = [data.versions(descriptor), data.locks(descriptor), ...rooms]
    return rows.map(([key, value]) => {
      if (!places.some((place) => inside(place, key))) throw new CorruptRecord('a row out of place')
      openRecord(key, value)
      return { type: 'put', key: concatBytes(this.all.from, key), value }
    })
  }

  /** The same rows where they belong. */
  place(rows: readonly Row[]): StoreOp[] {
    return rows.map(([key, value]) => ({
      type: 'put',
      key: key.slice(this.all.from.length),
      value,
    }))
  }
}

const inside = (range: KeyRange, key: Uint8Array): boolean =>
  compareBytes(key, range.from) >= 0 && compareBytes(key, range.to) < 0
