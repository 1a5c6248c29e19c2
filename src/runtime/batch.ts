/**
 * What goes to disk together. A group is what one `receive` wrote with one urgency: it lands whole.
 * A batch is a prefix of the urgent groups, then a prefix of the lazy ones, within a budget.
 *
 * Order kept: urgent groups among themselves, lazy groups among themselves. A lazy write may land after
 * an urgent one made later, but never over it: the urgent write of the same key takes it out.
 */

import type { StoreOp } from '../storage/store.ts'
import type { Fifo } from './fifo.ts'

export interface WriteGroup {
  /** The receive that wrote it: further writes of the same one join it. */
  readonly receive: number
  readonly lazy: boolean
  /** Sequence numbers of its first and last write call. */
  readonly first: number
  last: number
  /** undefined: taken out by a later urgent write of the same key. */
  readonly ops: (StoreOp | undefined)[]
  /** The keys of `ops`, as the overlay names them. */
  readonly names: string[]
  bytes: number
  /** False once it is in flight. */
  queued: boolean
}

export interface Queues {
  readonly urgent: Fifo<WriteGroup>
  readonly lazy: Fifo<WriteGroup>
  /** Lazy writes have waited long enough: some go with this batch whatever else does. */
  readonly pressed: boolean
}

/** Takes the next batch out of the queues. Never empty if anything was queued. */
export function takeBatch(queues: Queues, batchBytes: number): readonly WriteGroup[] {
  const batch: WriteGroup[] = []
  let bytes = 0
  const take = (queue: Fifo<WriteGroup>): void => {
    const group = queue.shift() as WriteGroup
    group.queued = false
    bytes += group.bytes
    batch.push(group)
  }
  // Lazy writes under pressure get a quarter, so that consensus cannot pile them up for ever.
  const urgentBudget = queues.pressed ? (batchBytes * 3) / 4 : batchBytes
  for (let group = queues.urgent.peek(); group; group = queues.urgent.peek()) {
    if (batch.length > 0 && bytes + group.bytes > urgentBudget) break
    take(queues.urgent)
  }
  // A lazy write younger than an urgent one still waiting might be of the same key: it must wait too.
  const barrier = queues.urgent.peek()?.first ?? Number.POSITIVE_INFINITY
  let mustTake = queues.pressed || batch.length === 0
  for (let group = queues.lazy.peek(); group; group = queues.lazy.peek()) {
    const fits = bytes + group.bytes <= batchBytes
    if (group.last > barrier || (!fits && !mustTake)) break
    take(queues.lazy)
    mustTake = false
  }
  return batch
}
