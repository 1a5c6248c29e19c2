/** Which revisions running reads still need: what a scrub must not go beyond. */

import { assert } from '../../base/assert.ts'

export class Pins {
  readonly #counts = new Map<number, number>()

  get size(): number {
    return this.#counts.size
  }

  add(revision: number): void {
    this.#counts.set(revision, (this.#counts.get(revision) ?? 0) + 1)
  }

  remove(revision: number): void {
    const count = this.#counts.get(revision)
    assert(count !== undefined, 'a pin released that was not held')
    if (count === 1) this.#counts.delete(revision)
    else this.#counts.set(revision, count - 1)
  }

  /** The lowest revision pinned, or `otherwise` when that is lower or none is. */
  floor(otherwise: number): number {
    let floor = otherwise
    for (const revision of this.#counts.keys()) if (revision < floor) floor = revision
    return floor
  }
}
