/**
 * All locks of a region, in memory with their values and in the order of their keys. Every replica has it: the
 * rows on disk are read into it at start.
 *
 * LOCKS-I1: a lock lies under its own key, and `bytes` is what all of them take.
 */

import { assert } from '../../base/assert.ts'
import type { Bytes } from '../../base/bytes.ts'
import { type KeyText, keyText } from '../mvcc/key-text.ts'
import { OrderedMap } from '../mvcc/ordered-map.ts'
import type { Range } from './descriptor.ts'
import type { LockRow } from './rows.ts'
import type { Lock } from './types.ts'

export class LockTable {
  readonly #locks = new OrderedMap<LockRow>()
  #bytes = 0

  get size(): number {
    return this.#locks.size
  }

  /** Keys and values. */
  get bytes(): number {
    return this.#bytes
  }

  get(key: KeyText): LockRow | undefined {
    return this.#locks.size === 0 ? undefined : this.#locks.get(key)
  }

  /** Keeps a copy: what it is given may be a small part of a big buffer. */
  put(lock: LockRow): void {
    const text = keyText(lock.key)
    this.#remove(text)
    this.#locks.add(text, {
      ...lock,
      key: lock.key.slice(),
      primary: lock.primary.slice(),
      value: lock.value.slice(),
    })
    this.#bytes += lockBytes(lock)
  }

  remove(key: Bytes): void {
    this.#remove(keyText(key))
  }

  /** In key order, until `visit` says false; true when it came to the end. */
  walk(range: Range, visit: (lock: LockRow) => boolean): boolean {
    if (this.#locks.size === 0) return true
    const to = range.to.length === 0 ? undefined : keyText(range.to)
    return this.#locks.walk(keyText(range.from), to, (_, lock) => visit(lock))
  }

  /** Takes out what lies in a range: it belongs to another region now. */
  takeOut(range: Range): LockRow[] {
    const taken: LockRow[] = []
    this.walk(range, (lock) => taken.push(lock) > 0)
    for (const lock of taken) this.remove(lock.key)
    return taken
  }

  /** Throws when an invariant above is broken. */
  audit(): void {
    let bytes = 0
    this.#locks.walk('', undefined, (key, lock) => {
      assert(key === keyText(lock.key), 'LOCKS-I1: a lock under another key')
      bytes += lockBytes(lock)
      return true
    })
    assert(bytes === this.#bytes, 'LOCKS-I1: the bytes are wrong')
  }

  #remove(text: KeyText): void {
    const lock = this.get(text)
    if (lock === undefined) return
    this.#locks.delete(text)
    this.#bytes -= lockBytes(lock)
  }
}

export const lockBytes = (lock: LockRow): number =>
  lock.key.length + lock.primary.length + lock.value.length

/** What others may know of a lock. */
export const toldLock = ({ key, primary, primaryNamespace, start, ttlMs }: LockRow): Lock => ({
  key,
  primary,
  primaryNamespace,
  start,
  ttlMs,
})
