/**
 * A shard's way to disk: writes queue up, one synced batch is in flight at a time, and each says when
 * it has landed. What waits for a write waits for its sequence number.
 *
 * Promises: writes land in the order of `batch.ts`; the overlay shows every write until its batch has
 * landed; every batch carries its number (`batch-ring.ts`). Any error is the caller's end of the world.
 */

import type { Store, StoreOp } from '../storage/store.ts'
import { takeBatch, type Write, type WriteGroup, writesOf } from './batch.ts'
import { type BatchRing, ringRecord } from './batch-ring.ts'
import { Fifo } from './fifo.ts'
import { Overlay } from './overlay.ts'

export interface Landing {
  readonly batch: number
  readonly ops: number
  readonly bytes: number
  /** From the hand-over to the store until it was on disk. */
  readonly tookUs: number
}

export interface DiskQueueParts {
  readonly store: Store
  readonly shard: number
  readonly ring: BatchRing
  readonly batchBytes: number
  /** Lazy writes force a batch of their own at this size. */
  readonly lazyBytes: number
  /** The last batch number on disk. */
  readonly lastBatch: number
  stopwatchUs(): number
  landed(landing: Landing): void
  failed(reason: string): void
}

/** What each row costs beside its bytes, in the store's log. */
const OP_BYTES = 16

export class DiskQueue {
  readonly overlay = new Overlay()
  readonly #parts: DiskQueueParts
  readonly #urgent = new Fifo<WriteGroup>()
  readonly #lazy = new Fifo<WriteGroup>()
  #lastUrgentGroup: WriteGroup | undefined
  #lastLazyGroup: WriteGroup | undefined
  #inFlight: readonly WriteGroup[] | undefined
  #sequence = 0
  #lastUrgent = 0
  #landedUrgent = 0
  #lazyBytes = 0
  #urgentBytes = 0
  #batch: number
  #flushing = false

  constructor(parts: DiskQueueParts) {
    this.#parts = parts
    this.#batch = parts.lastBatch
  }

  /** The last batch handed to the store. */
  get batch(): number {
    return this.#batch
  }

  /** What must have landed before anything held now may leave. */
  get waterline(): number {
    return this.#lastUrgent
  }

  /** Everything held for a waterline up to this one may leave. */
  get landedUrgent(): number {
    return this.#landedUrgent
  }

  get queuedBytes(): number {
    return this.#urgentBytes + this.#lazyBytes
  }

  /** Nothing queued, nothing in flight. */
  get idle(): boolean {
    return this.resting && this.#lazy.size === 0
  }

  /** Nothing is on its way to disk; lazy writes may wait for a batch that comes for another's sake. */
  get resting(): boolean {
    return this.#inFlight === undefined && this.#urgent.size === 0
  }

  /** Queues what one receive wrote; all its writes of one urgency land together. */
  write(ops: readonly StoreOp[], lazy: boolean, receive: number): number {
    const sequence = ++this.#sequence
    const group = this.#groupFor(receive, lazy, sequence)
    group.last = sequence
    this.#append(group, { sequence, ops, names: undefined })
    if (!lazy) this.#lastUrgent = sequence
    return sequence
  }

  /** Whether every write up to this sequence number is on disk. */
  hasLanded(sequence: number): boolean {
    for (const group of this.#inFlight ?? []) if (group.first <= sequence) return false
    const firstUrgent = this.#urgent.peek()?.first ?? Number.POSITIVE_INFINITY
    const firstLazy = this.#lazy.peek()?.first ?? Number.POSITIVE_INFINITY
    return sequence < firstUrgent && sequence < firstLazy
  }

  /** Lazy writes queued by now need wait for nobody. */
  flush(): void {
    if (this.#lazy.size > 0) this.#flushing = true
  }

  /** Hands the next batch to the store, if there is one to go and none is in flight. */
  pump(): void {
    if (this.#inFlight !== undefined) return
    const due = this.#flushing || this.#lazyBytes >= this.#parts.lazyBytes
    const pressed = due && this.#lazy.size > 0
    if (this.#urgent.size === 0 && !pressed) return
    const queues = { urgent: this.#urgent, lazy: this.#lazy, pressed }
    const groups = takeBatch(queues, this.#parts.batchBytes)
    if (this.#lazy.size === 0) this.#flushing = false
    this.#inFlight = groups
    this.#commit(groups)
  }

  #commit(groups: readonly WriteGroup[]): void {
    const number = ++this.#batch
    const ops: StoreOp[] = []
    let bytes = 0
    for (const write of writesOf(groups)) for (const op of write.ops) ops.push(op)
    for (const group of groups) {
      bytes += group.bytes
      if (group.lazy) this.#lazyBytes -= group.bytes
      else this.#urgentBytes -= group.bytes
    }
    ops.push(ringRecord(this.#parts.ring, this.#parts.shard, number))
    const startUs = this.#parts.stopwatchUs()
    this.#parts.store.commit(ops, (error) => {
      if (error !== undefined) {
        this.#parts.failed(`batch ${number} of shard ${this.#parts.shard}: ${error.message}`)
        return
      }
      const tookUs = this.#parts.stopwatchUs() - startUs
      this.#land(groups)
      this.#parts.landed({ batch: number, ops: ops.length, bytes, tookUs })
    })
  }

  #land(groups: readonly WriteGroup[]): void {
    this.#inFlight = undefined
    for (const group of groups) {
      for (const write of group.writes) this.overlay.drop(write)
      if (!group.lazy) this.#landedUrgent = group.last
    }
  }

  #groupFor(receive: number, lazy: boolean, sequence: number): WriteGroup {
    const last = lazy ? this.#lastLazyGroup : this.#lastUrgentGroup
    if (last?.receive === receive && last.queued) return last
    const group: WriteGroup = {
      receive,
      lazy,
      first: sequence,
      last: sequence,
      writes: [],
      bytes: 0,
      queued: true,
    }
    if (lazy) {
      this.#lastLazyGroup = group
      this.#lazy.push(group)
    } else {
      this.#lastUrgentGroup = group
      this.#urgent.push(group)
    }
    return group
  }

  #append(group: WriteGroup, write: Write): void {
    this.overlay.add(write)
    group.writes.push(write)
    const bytes = bytesOf(write.ops)
    group.bytes += bytes
    if (group.lazy) this.#lazyBytes += bytes
    else this.#urgentBytes += bytes
  }
}

function bytesOf(ops: readonly StoreOp[]): number {
  let bytes = ops.length * OP_BYTES
  for (const op of ops) bytes += op.key.length + (op.type === 'put' ? op.value.length : 0)
  return bytes
}
