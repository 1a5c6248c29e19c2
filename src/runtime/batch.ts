/**
 * What goes to disk together. A group is what one `receive` wrote with one urgency: it lands whole.
 * A batch is a prefix of the urgent groups and a prefix of the lazy ones, within a budget; within it the
 * writes stand in the order in which they were made.
 *
 * Order kept: urgent groups among themselves, lazy groups among themselves. A lazy write may land after
 * an urgent one made later, but never over it: the urgent write of the same key takes it out.
 */

import type { StoreOp } from '../storage/store.ts'
import type { Fifo } from './fifo.ts'
import { keyName } from './key-name.ts'

/** One call: its operations, in order. */
export interface Write {
  readonly sequence: number
  /** Fewer than were written once later urgent writes of their keys have taken some out. */
  ops: readonly StoreOp[]
  /** The keys of `ops`, once somebody asked (`namesOf`). */
  names: readonly string[] | undefined
}

export interface WriteGroup {
  /** The receive that wrote it: further writes of the same one join it. */
  readonly receive: number
  readonly lazy: boolean
  /** Sequence numbers of its first and last write call. */
  readonly first: number
  last: number
  readonly writes: Write[]
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

/** The keys of a write, as text. */
export function namesOf(write: Write): readonly string[] {
  write.names ??= write.ops.map((op) => keyName(op.key))
  return write.names
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
  if (queues.lazy.size > 0) protect(batch, queues.lazy)
  return batch
}

/** The writes of a batch in the order in which they were made. */
export function writesOf(batch: readonly WriteGroup[]): readonly Write[] {
  const writes = batch.flatMap((group) => group.writes)
  return writes.sort((a, b) => a.sequence - b.sequence)
}

/** An urgent write overtakes lazy ones that stay behind: no older one of its key must land over it. */
function protect(batch: readonly WriteGroup[], behind: Fifo<WriteGroup>): void {
  const urgent = new Map<string, number>()
  for (const group of batch) {
    if (group.lazy) continue
    for (const write of group.writes) {
      for (const name of namesOf(write)) urgent.set(name, write.sequence)
    }
  }
  if (urgent.size === 0) return
  for (const group of behind) for (const write of group.writes) takeOut(write, urgent)
}

function takeOut(write: Write, urgent: ReadonlyMap<string, number>): void {
  const names = namesOf(write)
  const stays = (i: number): boolean => (urgent.get(names[i] as string) ?? 0) < write.sequence
  if (names.every((_, i) => stays(i))) return
  write.ops = write.ops.filter((_, i) => stays(i))
  write.names = names.filter((_, i) => stays(i))
}
