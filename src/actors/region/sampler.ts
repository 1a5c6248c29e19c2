/**
 * Where a region is best cut: walks its versions page by page off the thread and notes a key every so many
 * bytes. Cuts lie between keys, so that all versions of one stay together.
 */

import type { Bytes } from '../../base/bytes.ts'
import { equalBytes } from '../../base/bytes.ts'
import type { Size } from '../../core/region/entry.ts'
import type { RegionDescriptor } from '../../core/region/types.ts'
import type { Context } from '../../runtime/actor.ts'
import { type NamespaceKeys, versionOf } from '../../storage/region-keyspace.ts'
import type { KeyRange, Row } from '../../storage/store.ts'
import { after, PAGE } from '../raft-group/kv-reload.ts'

/** What lies before a key. */
interface Sample {
  readonly key: Bytes
  readonly before: Size
}

export interface Cuts {
  readonly keys: readonly Bytes[]
  /** Of each part but the last. */
  readonly sizes: readonly Size[]
}

/** More samples than any split has parts. */
const SAMPLES = 512

export class Sampler {
  /** Of its pages: another sampler's may still be on their way. */
  readonly tag: string
  readonly #every: number
  #left: KeyRange
  #samples: Sample[] = []
  #key: Bytes | undefined
  #size: Size = { rows: 0, bytes: 0 }

  constructor(tag: string, data: NamespaceKeys, descriptor: RegionDescriptor, bytes: number) {
    this.tag = tag
    this.#left = data.versions(descriptor)
    this.#every = Math.max(1, bytes / SAMPLES)
  }

  begin(context: Context): void {
    context.scan(this.#left, PAGE, this.tag)
  }

  /** True after the last page. */
  page(rows: readonly Row[], more: boolean, context: Context): boolean {
    for (const row of rows) this.#take(row)
    if (!more) return true
    this.#left = after(this.#left, rows)
    this.begin(context)
    return false
  }

  /** As even as the samples allow; fewer parts where there are too few keys. */
  cuts(parts: number): Cuts {
    const total = this.#size.bytes
    const chosen: Sample[] = []
    for (let part = 1; part < parts; part++) {
      const wanted = (total * part) / parts
      const next = this.#samples.find(({ before }) => before.bytes >= wanted)
      if (next !== undefined && next !== chosen.at(-1)) chosen.push(next)
    }
    const sizes = chosen.map(({ before }, i) => difference(before, chosen[i - 1]?.before))
    return { keys: chosen.map(({ key }) => key), sizes }
  }

  #take([row, value]: Row): void {
    const { key } = versionOf(row)
    if (this.#key !== undefined && !equalBytes(this.#key, key)) this.#sample(key)
    this.#key = key
    const { rows, bytes } = this.#size
    this.#size = { rows: rows + 1, bytes: bytes + row.length + value.length }
  }

  #sample(key: Bytes): void {
    const last = this.#samples.at(-1)?.before.bytes ?? 0
    if (this.#size.bytes - last < this.#every) return
    this.#samples.push({ key: key.slice(), before: this.#size })
  }
}

const difference = (a: Size, b: Size = { rows: 0, bytes: 0 }): Size => ({
  rows: a.rows - b.rows,
  bytes: a.bytes - b.bytes,
})
