/** Reads who lives on this store: the marks page by page, then what each region last said it was. */

import type { Bytes } from '../../base/bytes.ts'
import type { Context, Input } from '../../runtime/actor.ts'
import { GroupKeys } from '../../storage/keyspace.ts'
import { type RegionMark, readRegionMark, regionMarks } from '../../storage/region-marks.ts'
import { readReplicaMeta } from '../../storage/region-rows.ts'
import type { Row } from '../../storage/store.ts'
import { after, PAGE } from '../raft-group/kv-reload.ts'
import { regionGroup } from '../region/replica.ts'
import { Inventory } from './inventory.ts'

export class StoreRecovery {
  readonly #inventory = new Inventory()
  /** Of the page under way. */
  #marks: readonly RegionMark[] = []
  #left = regionMarks()
  #more = false

  begin(context: Context): void {
    context.scan(this.#left, PAGE, 'marks')
  }

  /** The inventory, after the last page. */
  take(
    input: Extract<Input, { readonly type: 'scanned' | 'fetched' }>,
    context: Context,
  ): Inventory | undefined {
    if (input.type === 'scanned') {
      this.#marked(input.rows, input.more, context)
      return undefined
    }
    this.#described(input.values)
    if (!this.#more) return this.#inventory
    this.begin(context)
    return undefined
  }

  #marked(rows: readonly Row[], more: boolean, context: Context): void {
    this.#marks = rows.map(readRegionMark)
    this.#more = more
    this.#left = after(this.#left, rows)
    const keys = this.#marks.map(keysOf).flatMap((it) => [it.applied(), it.descriptor()])
    context.fetch(keys, 'descriptors')
  }

  #described(values: readonly (Bytes | undefined)[]): void {
    for (const [at, mark] of this.#marks.entries()) {
      const [applied, shape] = values.slice(2 * at, 2 * at + 2)
      const meta = applied && shape && readReplicaMeta(keysOf(mark), applied, shape)
      this.#inventory.found(mark, meta?.descriptor)
    }
  }
}

const keysOf = ({ region }: RegionMark): GroupKeys => new GroupKeys(regionGroup(region))
