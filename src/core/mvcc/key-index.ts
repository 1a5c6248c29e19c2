/**
 * The key index: which versions of which keys there are, in memory. It leaves values to the disk.
 *
 * MVCC-I1: every key has at least one version, and HISTORY-I1, -I2 hold for each.
 * MVCC-I2: no version is above the store's revision.
 * MVCC-I3: `live` counts the keys whose newest version is no tombstone.
 * MVCC-I4: the map in order and the map by key hold the same.
 */

import { assert } from '../../base/assert.ts'
import { KeyHistory } from './key-history.ts'
import type { KeyText } from './key-text.ts'
import { OrderedMap } from './ordered-map.ts'

export class KeyIndex {
  readonly #keys = new OrderedMap<KeyHistory>()
  /** The same histories by key alone: a third of the time of a search in order, for 40 bytes a key. */
  readonly #byKey = new Map<KeyText, KeyHistory>()
  #live = 0

  /** Keys that have a value now. */
  get live(): number {
    return this.#live
  }

  /** All keys known, those with only a tombstone left included. */
  get size(): number {
    return this.#keys.size
  }

  get(key: KeyText): KeyHistory | undefined {
    return this.#byKey.get(key)
  }

  /** The history of a key that is about to get a version. */
  open(key: KeyText): KeyHistory {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const history = new KeyHistory()
    this.#keys.add(key, history)
    this.#byKey.set(key, history)
    return history
  }

  /** Adds a version to a history that `open` or `get` gave; `version` 0 for a tombstone. */
  push(history: KeyHistory, main: number, sub: number, create: number, version: number): void {
    const before = history.alive
    history.push(main, sub, create, version)
    if (before !== history.alive) this.#live += before ? -1 : 1
  }

  remove(key: KeyText): void {
    assert(this.#byKey.get(key)?.alive === false, 'only a key with nothing but a tombstone goes')
    this.#keys.delete(key)
    this.#byKey.delete(key)
  }

  walk(
    from: KeyText,
    to: KeyText | undefined,
    visit: (key: KeyText, history: KeyHistory) => boolean,
  ): boolean {
    return this.#keys.walk(from, to, visit)
  }

  /** Throws when an invariant above is broken. */
  audit(revision: number): void {
    this.#keys.audit()
    let live = 0
    assert(this.#keys.size === this.#byKey.size, 'MVCC-I4: the two maps differ in size')
    this.#keys.walk('', undefined, (key, history) => {
      assert(this.#byKey.get(key) === history, 'MVCC-I4: the two maps differ')
      assert(history.known && history.slots > 0, 'MVCC-I1: a key without a version')
      assert(history.main <= revision, 'MVCC-I2: a version above the revision')
      auditHistory(history)
      if (history.alive) live++
      return true
    })
    assert(live === this.#live, 'MVCC-I3: the count of live keys is wrong')
  }
}

function auditHistory(history: KeyHistory): void {
  for (let slot = 0; slot < history.slots; slot++) {
    const version = history.versionAt(slot)
    const create = history.createAt(slot)
    assert((version === 0) === (create === 0), 'HISTORY-I2: create and version disagree')
    if (slot === 0) continue
    const ascends =
      history.mainAt(slot) > history.mainAt(slot - 1) ||
      (history.mainAt(slot) === history.mainAt(slot - 1) &&
        history.subAt(slot) > history.subAt(slot - 1))
    assert(ascends, 'HISTORY-I1: versions out of order')
    if (version > 1) {
      assert(history.versionAt(slot - 1) === version - 1, 'HISTORY-I2: a version was skipped')
    }
  }
}
