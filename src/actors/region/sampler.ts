/**
 * Walks a region's versions page by page off the thread, for `SplitSample` to say where the region is best cut.
 */

import type { Bytes } from '../../base/bytes.ts'
import { type Cuts, SplitSample } from '../../core/region/split-sample.ts'
import type { RegionDescriptor } from '../../core/region/types.ts'
import type { Context } from '../../runtime/actor.ts'
import { type NamespaceKeys, versionOf } from '../../storage/region-keyspace.ts'
import type { KeyRange, Row } from '../../storage/store.ts'
import { after, PAGE } from '../raft-group/kv-reload.ts'

export class Sampler {
  /** Of its pages: another sampler's may still be on their way. */
  readonly tag: string
  readonly #sample = new SplitSample()
  #left: KeyRange

  constructor(tag: string, data: NamespaceKeys, descriptor: RegionDescriptor) {
    this.tag = tag
    this.#left = data.versions(descriptor)
  }

  begin(context: Context): void {
    context.scan(this.#left, PAGE, this.tag)
  }

  /** True after the last page. */
  page(rows: readonly Row[], more: boolean, context: Context): boolean {
    for (const [row, value] of rows) {
      this.#sample.add(versionOf(row).key, row.length + value.length)
    }
    if (!more) return true
    this.#left = after(this.#left, rows)
    this.begin(context)
    return false
  }

  /** At these keys, however even the parts. */
  cutsAt(keys: readonly Bytes[]): Cuts {
    return { keys, sizes: this.#sample.sizesAt(keys) }
  }

  /** As even as the samples allow; fewer parts where there are too few keys. */
  cuts(parts: number): Cuts {
    return this.#sample.cuts(parts)
  }
}
