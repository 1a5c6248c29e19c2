/**
 * A map from texts to values in text order, for up to some million entries: a list of sorted chunks.
 * A look-up is two binary searches, an insertion moves part of one chunk. Values must not be undefined.
 *
 * ORDERED-I1: no chunk is empty, and the keys of all chunks in turn ascend strictly.
 * ORDERED-I2: `lows[i]` is the first key of chunk i.
 */

import { assert } from '../../base/assert.ts'

const CHUNK_MAX = 256
const CHUNK_MIN = 32

interface Chunk<V> {
  readonly keys: string[]
  readonly values: V[]
}

export class OrderedMap<V> {
  readonly #chunks: Chunk<V>[] = []
  readonly #lows: string[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)]
    if (chunk === undefined) return undefined
    const at = lowerBound(chunk.keys, key)
    return chunk.keys[at] === key ? chunk.values[at] : undefined
  }

  /** Adds a key that is not there yet. */
  add(key: string, value: V): void {
    this.#size++
    const where = this.#chunkOf(key)
    const chunk = this.#chunks[where]
    if (chunk === undefined) {
      this.#insertChunk(0, { keys: [key], values: [value] })
      return
    }
    const at = lowerBound(chunk.keys, key)
    assert(chunk.keys[at] !== key, 'a key is added once')
    if (at === chunk.keys.length) {
      chunk.keys.push(key)
      chunk.values.push(value)
    } else {
      chunk.keys.splice(at, 0, key)
      chunk.values.splice(at, 0, value)
      if (at === 0) this.#lows[where] = key
    }
    if (chunk.keys.length > CHUNK_MAX) this.#split(where, at)
  }

  delete(key: string): boolean {
    const where = this.#chunkOf(key)
    const chunk = this.#chunks[where]
    if (chunk === undefined) return false
    const at = lowerBound(chunk.keys, key)
    if (chunk.keys[at] !== key) return false
    chunk.keys.splice(at, 1)
    chunk.values.splice(at, 1)
    this.#size--
    if (chunk.keys.length === 0) {
      this.#chunks.splice(where, 1)
      this.#lows.splice(where, 1)
      return true
    }
    if (at === 0) this.#lows[where] = chunk.keys[0] as string
    if (chunk.keys.length < CHUNK_MIN) this.#mergeWithNext(where)
    return true
  }

  /**
   * Visits keys from `from` (inclusive) to `to` (exclusive; undefined: to the end) in order until `visit`
   * says false; true when it came to the end. The map must not change meanwhile.
   */
  walk(from: string, to: string | undefined, visit: (key: string, value: V) => boolean): boolean {
    let where = this.#chunkOf(from)
    let at = -1
    for (; where < this.#chunks.length; where++) {
      const { keys, values } = this.#chunks[where] as Chunk<V>
      at = at === -1 ? lowerBound(keys, from) : 0
      for (; at < keys.length; at++) {
        const key = keys[at] as string
        if (to !== undefined && key >= to) return true
        if (!visit(key, values[at] as V)) return false
      }
    }
    return true
  }

  /** Throws when an invariant above is broken. */
  audit(): void {
    let previous: string | undefined
    let size = 0
    for (const [i, chunk] of this.#chunks.entries()) {
      assert(chunk.keys.length > 0, 'ORDERED-I1: an empty chunk')
      assert(chunk.keys[0] === this.#lows[i], 'ORDERED-I2: a wrong low key')
      for (const key of chunk.keys) {
        assert(previous === undefined || previous < key, 'ORDERED-I1: keys out of order')
        previous = key
      }
      size += chunk.keys.length
    }
    assert(size === this.#size, 'the size is wrong')
  }

  /** The chunk that holds the key if any does: the last whose low is not above it, else the first. */
  #chunkOf(key: string): number {
    const lows = this.#lows
    let low = 0
    let high = lows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((lows[middle] as string) <= key) low = middle + 1
      else high = middle
    }
    return low === 0 ? 0 : low - 1
  }

  /** Halves a chunk, or, when keys come in ascending order, leaves it nearly full. */
  #split(where: number, insertedAt: number): void {
    const { keys, values } = this.#chunks[where] as Chunk<V>
    const appending = where === this.#chunks.length - 1 && insertedAt === keys.length - 1
    const at = appending ? CHUNK_MAX - CHUNK_MIN : keys.length >>> 1
    this.#insertChunk(where + 1, { keys: keys.splice(at), values: values.splice(at) })
  }

  #insertChunk(where: number, chunk: Chunk<V>): void {
    this.#chunks.splice(where, 0, chunk)
    this.#lows.splice(where, 0, chunk.keys[0] as string)
  }

  #mergeWithNext(where: number): void {
    const chunk = this.#chunks[where] as Chunk<V>
    const next = this.#chunks[where + 1]
    if (next === undefined || chunk.keys.length + next.keys.length > CHUNK_MAX / 2) return
    chunk.keys.push(...next.keys)
    chunk.values.push(...next.values)
    this.#chunks.splice(where + 1, 1)
    this.#lows.splice(where + 1, 1)
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}
