/**
 * All versions of one key that are not dropped yet, oldest first, by slot number; values live elsewhere.
 * The newest version lies in fields of its own, for most keys have no other and most reads want no other.
 *
 * HISTORY-I1: (main, sub) ascends strictly from slot to slot.
 * HISTORY-I2: version 0 is a tombstone, create is then 0; else version counts from 1 at `create` upwards.
 */

import { assert } from '../../base/assert.ts'
import type { RevisionId } from './revision.ts'

const WIDTH = 4

export class KeyHistory {
  #main = 0
  #sub = 0
  #create = 0
  #version = 0
  /** Four numbers a version, as the fields above. */
  #older: number[] | undefined

  /** False only before the first `push`. */
  get known(): boolean {
    return this.#main !== 0
  }

  get alive(): boolean {
    return this.#version !== 0
  }

  get newest(): RevisionId {
    return { main: this.#main, sub: this.#sub }
  }

  get main(): number {
    return this.#main
  }

  get create(): number {
    return this.#create
  }

  get version(): number {
    return this.#version
  }

  get slots(): number {
    return this.#older === undefined ? 1 : this.#older.length / WIDTH + 1
  }

  /** Adds the newest version; `version` 0 for a tombstone. */
  push(main: number, sub: number, create: number, version: number): void {
    if (this.#main !== 0) {
      assert(main > this.#main || (main === this.#main && sub > this.#sub), 'HISTORY-I1')
      if (this.#older === undefined) {
        this.#older = [this.#main, this.#sub, this.#create, this.#version]
      } else {
        this.#older.push(this.#main, this.#sub, this.#create, this.#version)
      }
    }
    this.#main = main
    this.#sub = sub
    this.#create = create
    this.#version = version
  }

  /** The slot a read at `revision` sees, tombstones included; -1 when the key was not known then. */
  slotAt(revision: number): number {
    if (this.#main <= revision) return this.slots - 1
    const older = this.#older
    if (older === undefined) return -1
    let low = 0
    let high = older.length / WIDTH
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((older[middle * WIDTH] as number) <= revision) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  mainAt(slot: number): number {
    return this.#newest(slot) ? this.#main : (this.#older?.[slot * WIDTH] as number)
  }

  subAt(slot: number): number {
    return this.#newest(slot) ? this.#sub : (this.#older?.[slot * WIDTH + 1] as number)
  }

  createAt(slot: number): number {
    return this.#newest(slot) ? this.#create : (this.#older?.[slot * WIDTH + 2] as number)
  }

  versionAt(slot: number): number {
    return this.#newest(slot) ? this.#version : (this.#older?.[slot * WIDTH + 3] as number)
  }

  /** The mod revision of the pair that the version `at` replaced; 0 when none, or none known any more. */
  replacedBy(at: RevisionId): number {
    let slot = this.slotAt(at.main)
    while (slot >= 0 && this.mainAt(slot) === at.main && this.subAt(slot) >= at.sub) slot--
    return slot >= 0 && this.versionAt(slot) !== 0 ? this.mainAt(slot) : 0
  }

  /** How many of the oldest versions no read at `floor` or above can see. A tombstone at `floor` stays. */
  deadAt(floor: number): number {
    const slot = this.slotAt(floor)
    if (slot < 0) return 0
    const tombstone = this.versionAt(slot) === 0 && this.mainAt(slot) < floor
    return tombstone ? slot + 1 : slot
  }

  /** Forgets the oldest versions, but never the last one: a key with none left is to be removed. */
  forget(count: number): void {
    assert(count < this.slots, 'the newest version cannot be forgotten')
    if (count === 0 || this.#older === undefined) return
    if (count * WIDTH === this.#older.length) this.#older = undefined
    else this.#older.splice(0, count * WIDTH)
  }

  #newest(slot: number): boolean {
    return slot === (this.#older === undefined ? 0 : this.#older.length / WIDTH)
  }
}
