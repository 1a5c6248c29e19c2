/**
 * Commands that touch the same key pass one after another, in the order in which they came. All latches of a
 * command are queued for at once, so that no two can wait for each other.
 *
 * LATCHES-I1: whoever waits for a key is behind somebody; `blocked` counts the keys for which it is.
 */

import { assert } from '../../../base/assert.ts'
import type { KeyText } from '../../mvcc/key-text.ts'

export interface Latched {
  /** Each once. */
  readonly texts: readonly KeyText[]
  /** In how many queues it is not first. Kept by the latches. */
  blocked: number
}

export class Latches<T extends Latched> {
  readonly #queues = new Map<KeyText, T[]>()

  /** How many wait for the busiest of these keys, or hold it. */
  longestQueue(texts: readonly KeyText[]): number {
    let longest = 0
    for (const text of texts) longest = Math.max(longest, this.#queues.get(text)?.length ?? 0)
    return longest
  }

  /** Whether all are held at once; otherwise some `release` gives it back. */
  acquire(holder: T): boolean {
    holder.blocked = 0
    for (const text of holder.texts) {
      const queue = this.#queues.get(text)
      if (queue === undefined) {
        this.#queues.set(text, [holder])
      } else {
        queue.push(holder)
        holder.blocked += 1
      }
    }
    return holder.blocked === 0
  }

  /** Of one that holds them all, or only waits. Gives those that now hold all of theirs, in order. */
  release(holder: T): readonly T[] {
    const ready: T[] = []
    for (const text of holder.texts) {
      const queue = this.#queues.get(text)
      if (queue === undefined) continue
      const at = queue.indexOf(holder)
      if (at < 0) continue
      queue.splice(at, 1)
      const next = queue[0]
      if (next === undefined) this.#queues.delete(text)
      else if (at === 0 && --next.blocked === 0) ready.push(next)
    }
    return ready
  }

  /** Throws when an invariant above is broken. */
  audit(): void {
    const blocked = new Map<T, number>()
    for (const queue of this.#queues.values()) {
      assert(queue.length > 0, 'LATCHES-I1: a queue of nobody')
      for (const [at, holder] of queue.entries()) {
        blocked.set(holder, (blocked.get(holder) ?? 0) + (at === 0 ? 0 : 1))
      }
    }
    for (const [holder, count] of blocked) {
      assert(holder.blocked === count, 'LATCHES-I1: a wrong count')
    }
  }
}
