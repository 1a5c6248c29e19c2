/**
 * A shard's way to disk: writes queue up, one synced batch is in flight at a time, and each says when
 * it has landed. What waits for a write waits for its sequence number.
 *
 * Promises: writes land in the order of `batch.ts`; the overlay shows every write until its batch has
 * landed; every batch carries its number (`batch-ring.ts`). Any error is the caller's end of the world.
 */

import type { Store, StoreOp } from '../storage/store.ts'
import { takeBatch, type WriteGroup } from './batch.ts'
import { type BatchRing, ringRecord } from './batch-ring.ts'
import { Fifo } from './fifo.ts'
import { keyName, Overlay } from './overlay.ts'

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
    for (const op of ops) this.#append(group, op)
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
    for (const group of groups) {
      for (const op of group.ops) if (op !== undefined) ops.push(op)
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
      this.overlay.drop(group)
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
      ops: [],
      names: [],
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

  #append(group: WriteGroup, op: StoreOp): void {
    const name = keyName(op.key)
    if (!group.lazy) this.#supersede(name)
    this.overlay.add(name, op, group)
    group.ops.push(op)
    group.names.push(name)
    const bytes = OP_BYTES + op.key.length + (op.type === 'put' ? op.value.length : 0)
    group.bytes += bytes
    if (group.lazy) this.#lazyBytes += bytes
    else this.#urgentBytes += bytes
  }

  /** An urgent write overtakes lazy ones: no older one of its key must land over it. */
  #supersede(name: string): void {
    for (let older = this.overlay.get(name); older?.group.queued; older = older.below) {
      if (older.group.lazy) older.group.ops[older.at] = undefined
    }
  }
}
