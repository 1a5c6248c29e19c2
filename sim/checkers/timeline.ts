/**
 * The store's true past, revision by revision, as a plain list per key: the witness against which
 * histories are judged. Written anew on purpose; it shares nothing with core/mvcc but the types.
 */

import type { Bytes } from '../../src/base/bytes.ts'
import type { Event, KeyValue } from '../../src/core/kv/types.ts'

/** Keys as text, one unit a byte: comparable, printable, usable in maps. */
export function keyText(key: Bytes): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}

interface Version {
  readonly revision: number
  /** Undefined: deleted. */
  readonly kv: KeyValue | undefined
}

export const FIRST_REVISION = 1

export class Timeline {
  readonly #keys = new Map<string, Version[]>()
  readonly #events = new Map<number, readonly Event[]>()
  /** True time at which a revision was first seen on any disk. */
  readonly #seenUs = new Map<number, number>()
  #last = FIRST_REVISION

  /** Revisions come in order, without a gap. */
  append(revision: number, events: readonly Event[], atUs = 0): void {
    if (revision !== this.#last + 1) {
      throw new RangeError(`revision ${revision} follows ${this.#last}`)
    }
    this.#last = revision
    this.#events.set(revision, events)
    this.#seenUs.set(revision, atUs)
    for (const event of events) {
      const name = keyText(event.kv.key)
      const versions = this.#keys.get(name) ?? []
      this.#keys.set(name, versions)
      versions.push({ revision, kv: event.type === 'put' ? event.kv : undefined })
    }
  }

  get last(): number {
    return this.#last
  }

  eventsAt(revision: number): readonly Event[] {
    return this.#events.get(revision) ?? []
  }

  seenUs(revision: number): number {
    return this.#seenUs.get(revision) ?? 0
  }

  /** The pair as it was once this revision was done. */
  get(key: string, revision: number): KeyValue | undefined {
    const versions = this.#keys.get(key)
    if (versions === undefined) return undefined
    let low = 0
    let high = versions.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((versions[middle] as Version).revision <= revision) low = middle + 1
      else high = middle
    }
    return low === 0 ? undefined : versions[low - 1]?.kv
  }

  /** Pairs of a range in key order: `end` empty is one key, `\0` all from `key` on. */
  range(key: string, end: string, revision: number): KeyValue[] {
    if (end === '') {
      const kv = this.get(key, revision)
      return kv ? [kv] : []
    }
    return [...this.#keys.keys()]
      .filter((name) => inRange(name, key, end))
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
      .flatMap((name) => this.get(name, revision) ?? [])
  }
}

export function inRange(name: string, key: string, end: string): boolean {
  if (end === '') return name === key
  return name >= key && (end === '\0' || name < end)
}
