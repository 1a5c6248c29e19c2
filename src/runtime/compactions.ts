/**
 * The compactions that a shard's actors asked for: one at a time, since each takes the disk from everything
 * else. What one actor asks for while it waits is joined to one range, so that a slow disk catches up.
 */

import { compareBytes } from '../base/bytes.ts'
import type { Done, KeyRange } from '../storage/store.ts'

export interface CompactionsParts {
  compact(range: KeyRange, done: Done<void>): void
  failed(error: Error): void
}

export class Compactions<Asker> {
  readonly #parts: CompactionsParts
  /** In the order of asking. */
  readonly #waiting = new Map<Asker, KeyRange>()
  #busy = false

  constructor(parts: CompactionsParts) {
    this.#parts = parts
  }

  /** An actor's ranges lie in its own keys: what lies between two of them is its own as well. */
  ask(asker: Asker, range: KeyRange): void {
    const waiting = this.#waiting.get(asker)
    this.#waiting.set(asker, waiting === undefined ? range : hull(waiting, range))
    this.#next()
  }

  #next(): void {
    if (this.#busy) return
    for (const [asker, range] of this.#waiting) {
      this.#waiting.delete(asker)
      this.#busy = true
      this.#parts.compact(range, (error) => {
        if (error !== undefined) this.#parts.failed(error)
        this.#busy = false
        this.#next()
      })
      return
    }
  }
}

function hull(a: KeyRange, b: KeyRange): KeyRange {
  return {
    from: compareBytes(a.from, b.from) < 0 ? a.from : b.from,
    to: compareBytes(a.to, b.to) > 0 ? a.to : b.to,
  }
}
