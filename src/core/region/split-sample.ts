/**
 * Where to cut a region: a sample of its keys, taken every so many bytes as its rows go by, and the keys at which the
 * bytes fall into equal parts. A cut never separates the versions of a key, and never comes at the first key.
 */

import { type Bytes, compareBytes, equalBytes } from '../../base/bytes.ts'
import type { Size } from './entry.ts'

export interface Cuts {
  readonly keys: readonly Bytes[]
  /** Of each part but the last. */
  readonly sizes: readonly Size[]
}

/** A key, and what lies before its first row. */
interface Sample {
  readonly key: Bytes
  readonly before: Size
}

const SAMPLES_MAX = 1024
const FIRST_STEP_BYTES = 1024
const NOTHING: Size = { rows: 0, bytes: 0 }

export class SplitSample {
  #samples: Sample[] = []
  /** A sample is taken each time so many bytes went by; doubled when there are too many. */
  #step = FIRST_STEP_BYTES
  #key: Bytes | undefined
  #rows = 0
  #bytes = 0

  /** Of all that was added. */
  get size(): Size {
    return { rows: this.#rows, bytes: this.#bytes }
  }

  /** One row; in the order of their keys. */
  add(key: Bytes, bytes: number): void {
    if (this.#key === undefined) {
      this.#key = key
    } else if (!equalBytes(this.#key, key)) {
      this.#key = key
      const last = this.#samples.at(-1)?.before.bytes ?? 0
      if (this.#bytes - last >= this.#step) this.#take(key)
    }
    this.#rows += 1
    this.#bytes += bytes
  }

  /** As even as the samples allow; fewer parts, or one, where there are too few keys. */
  cuts(parts: number): Cuts {
    const chosen: Sample[] = []
    for (let part = 1; part < parts; part++) {
      const sample = this.#nearest((this.#bytes * part) / parts)
      if (sample !== undefined && !chosen.includes(sample)) chosen.push(sample)
    }
    return { keys: chosen.map(({ key }) => key), sizes: sizesOf(chosen) }
  }

  /** What lies between given keys, as far as the samples say. */
  sizesAt(keys: readonly Bytes[]): readonly Size[] {
    return sizesOf(keys.map((key) => ({ key, before: this.#before(key) })))
  }

  #take(key: Bytes): void {
    this.#samples.push({ key: key.slice(), before: this.size })
    if (this.#samples.length < SAMPLES_MAX) return
    this.#samples = this.#samples.filter((_, at) => at % 2 === 1)
    this.#step *= 2
  }

  #nearest(bytes: number): Sample | undefined {
    const off = ({ before }: Sample): number => Math.abs(before.bytes - bytes)
    let best: Sample | undefined
    for (const sample of this.#samples) {
      if (best === undefined || off(sample) < off(best)) best = sample
    }
    return best
  }

  #before(key: Bytes): Size {
    const later = this.#samples.find((sample) => compareBytes(sample.key, key) >= 0)
    return later?.before ?? this.size
  }
}

function sizesOf(cuts: readonly Sample[]): readonly Size[] {
  return cuts.map(({ before }, at) => {
    const start = cuts[at - 1]?.before ?? NOTHING
    return { rows: before.rows - start.rows, bytes: before.bytes - start.bytes }
  })
}
