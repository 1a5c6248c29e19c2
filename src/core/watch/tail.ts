/** The last revisions, so that who fell a little behind, or finished reading history, need not ask again. */

import type { WatchEvent } from './types.ts'

const MAX_REVISIONS = 256
const MAX_BYTES = 1 << 20
/** About what an event takes besides its bytes. */
const EVENT_BYTES = 200

interface TailRevision {
  readonly revision: number
  readonly events: readonly WatchEvent[]
  readonly bytes: number
}

export class Tail {
  #revisions: TailRevision[] = []
  #bytes = 0

  /** The first revision from which on all are here; undefined when empty. */
  get first(): number | undefined {
    return this.#revisions[0]?.revision
  }

  clear(): void {
    this.#revisions = []
    this.#bytes = 0
  }

  /** The revision after the last one pushed. */
  push(revision: number, events: readonly WatchEvent[]): void {
    let bytes = 0
    for (const { kv } of events) bytes += EVENT_BYTES + kv.key.length + kv.value.length
    this.#revisions.push({ revision, events, bytes })
    this.#bytes += bytes
    while (this.#revisions.length > MAX_REVISIONS || this.#bytes > MAX_BYTES) {
      this.#bytes -= (this.#revisions.shift() as TailRevision).bytes
    }
  }

  /** All events from revision `from` on, which must not be before `first`. */
  *since(from: number): Iterable<WatchEvent> {
    const first = this.first
    if (first === undefined) return
    for (let i = from - first; i < this.#revisions.length; i++) {
      const revision = this.#revisions[i]
      if (revision !== undefined) yield* revision.events
    }
  }
}
