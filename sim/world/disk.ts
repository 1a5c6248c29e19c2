/**
 * One node's disk: the store port over virtual time. It outlives the processes that open it.
 *
 * Model of LevelDB with synced batches: one write order for all shards; what waits while a sync is under
 * way is written together by the next one; a batch is seen once its sync is done, and the callbacks of
 * one sync come in a drawn order. A crash keeps all that landed and, of the sync under way, a prefix of
 * whole batches: mostly none. `apart` models log and data as two stores, the log first: then a crash may
 * keep the log's part of a batch and lose the data's.
 */

import { type Bytes, exactBytes } from '../../src/base/bytes.ts'
import { OrderedRows } from '../../src/storage/memory/ordered-rows.ts'
import type {
  Done,
  KeyRange,
  Page,
  PageLimit,
  Store,
  StoreOp,
  StoreStats,
} from '../../src/storage/store.ts'
import type { Kernel } from './kernel.ts'
import type { Stream } from './random.ts'
import { isLogKey } from './two-stores.ts'

export const USUAL_SYNC_US: readonly [low: number, high: number] = [120, 2500]
export const USUAL_FREE_BYTES = 8 * 2 ** 30
/** Batches that one sync takes at most. */
const GROUP = 8

interface Batch {
  readonly ops: readonly StoreOp[]
  readonly done: Done<void>
  readonly session: Session
}

/** One process's hold on the disk: its callbacks end with it, and wait while it is paused. */
interface Session {
  open: boolean
  readonly run: (task: () => void) => void
}

export class SimDisk {
  readonly #kernel: Kernel
  readonly #random: Stream
  readonly #node: string
  readonly #apart: boolean
  #rows = new OrderedRows()
  #queue: Batch[] = []
  #syncing: Batch[] = []
  #awaited: { readonly point: string; readonly act: () => void }[] = []
  #bytes = 0
  /** Syncs so far, for counts. */
  syncs = 0
  /** Microseconds of one sync, drawn between these. */
  syncUs = USUAL_SYNC_US
  freeBytes = USUAL_FREE_BYTES
  /** Told of every batch that landed, before anyone else. */
  onLanded: (ops: readonly StoreOp[]) => void = () => {}

  constructor(kernel: Kernel, random: Stream, node: string, apart: boolean) {
    this.#kernel = kernel
    this.#random = random
    this.#node = node
    this.#apart = apart
  }

  /** The store as one process sees it, and what ends that. */
  open(run: (task: () => void) => void = (task) => task()): {
    readonly store: Store
    close(): void
  } {
    const session: Session = { open: true, run }
    return { store: new OpenStore(this, session), close: () => this.#crash(session) }
  }

  /** Everything is gone, as on a new machine. */
  wipe(): void {
    this.#rows = new OrderedRows()
    this.#bytes = 0
  }

  /** Runs `act` the next time a batch of this disk is queued, in the middle of a sync, or just landed. */
  atPoint(point: 'queued' | 'in-flight' | 'landed', act: () => void): void {
    this.#awaited.push({ point, act })
  }

  /** Batches that have not landed: queued, and being synced. */
  get pending(): { readonly queued: number; readonly syncing: number } {
    return { queued: this.#queue.length, syncing: this.#syncing.length }
  }

  get rows(): OrderedRows {
    return this.#rows
  }

  get bytes(): number {
    return this.#bytes
  }

  commit(session: Session, ops: readonly StoreOp[], done: Done<void>): void {
    this.#queue.push({ ops: ops.map(keepOp), done, session })
    if (this.#syncing.length === 0) this.#sync()
    this.#reach('queued', 1)
  }

  #reach(point: string, withinUs: number): void {
    if (this.#awaited.length === 0) return
    const due = this.#awaited.filter((each) => each.point === point)
    if (due.length === 0) return
    this.#awaited = this.#awaited.filter((each) => each.point !== point)
    const delay = this.#random.below(withinUs)
    this.#kernel.after(delay, { node: this.#node, kind: `disk.${point}` }, () => {
      for (const { act } of due) act()
    })
  }

  /** Runs `task` after a read's time, unless its process has ended. */
  later(session: Session, kind: string, highUs: number, task: () => void): void {
    const delay = this.#random.tailed(20, highUs)
    this.#kernel.after(delay, { node: this.#node, kind }, () => {
      if (session.open) session.run(task)
    })
  }

  #sync(): void {
    this.#syncing = this.#queue.splice(0, GROUP)
    if (this.#syncing.length === 0) return
    const size = this.#syncing.reduce((sum, batch) => sum + sizeOf(batch.ops), 0)
    const [low, high] = this.syncUs
    const time = this.#random.tailed(low, high) + (size >>> 8)
    const group = this.#syncing
    this.#reach('in-flight', time)
    this.#kernel.after(time, { node: this.#node, kind: 'disk.sync', digest: size }, () =>
      this.#landed(group, size),
    )
  }

  #landed(group: readonly Batch[], size: number): void {
    if (group !== this.#syncing) return
    this.syncs++
    const full = size > this.freeBytes
    for (const batch of group) {
      if (!full) this.#apply(batch.ops)
      const error = full ? new Error('ENOSPC: no space left on device') : undefined
      this.later(batch.session, full ? 'disk.full' : 'disk.landed', 60, () => batch.done(error))
    }
    this.#reach('landed', 20)
    this.#sync()
  }

  #apply(ops: readonly StoreOp[]): void {
    for (const op of ops) {
      const old = this.#rows.get(op.key)
      if (old !== undefined) this.#bytes -= op.key.length + old.length
      if (op.type === 'put') this.#bytes += op.key.length + op.value.length
    }
    this.#rows.apply(ops)
    this.onLanded(ops)
  }

  #crash(session: Session): void {
    if (!session.open) return
    session.open = false
    const group = this.#syncing
    this.#syncing = []
    this.#queue = []
    if (group.length === 0 || this.#random.below(2) === 0) return
    const kept = this.#random.below(group.length + 1)
    const whole = this.#apart ? this.#random.below(kept + 1) : kept
    group.forEach((batch, i) => {
      if (i < whole) this.#apply(batch.ops)
      else if (i < kept) this.#apply(batch.ops.filter((op) => isLogKey(op.key)))
    })
  }
}

class OpenStore implements Store {
  readonly #disk: SimDisk
  readonly #session: Session

  constructor(disk: SimDisk, session: Session) {
    this.#disk = disk
    this.#session = session
  }

  commit(ops: readonly StoreOp[], done: Done<void>): void {
    if (this.#session.open) this.#disk.commit(this.#session, ops, done)
  }

  get(key: Bytes): Bytes | undefined {
    return this.#disk.rows.get(key)
  }

  getMany(keys: readonly Bytes[], done: Done<readonly (Bytes | undefined)[]>): void {
    const kept = keys.map(exactBytes)
    this.#disk.later(this.#session, 'disk.get', 400, () =>
      done(
        undefined,
        kept.map((key) => this.#disk.rows.get(key)),
      ),
    )
  }

  scan(range: KeyRange, limit: PageLimit, done: Done<Page>): void {
    this.#disk.later(this.#session, 'disk.scan', 1500, () =>
      done(undefined, this.#disk.rows.page(range, limit)),
    )
  }

  compact(_range: KeyRange, done: Done<void>): void {
    this.#disk.later(this.#session, 'disk.compact', 50_000, () => done(undefined))
  }

  stats(): StoreStats {
    return {
      diskBytes: this.#disk.bytes,
      levelZeroFiles: 0,
      freeBytes: this.#disk.freeBytes,
    }
  }
}

/** A caller may reuse the buffer that its bytes are a slice of. */
function keepOp(op: StoreOp): StoreOp {
  if (op.type === 'delete') return { type: 'delete', key: exactBytes(op.key) }
  return { type: 'put', key: exactBytes(op.key), value: exactBytes(op.value) }
}

function sizeOf(ops: readonly StoreOp[]): number {
  let size = 0
  for (const op of ops) size += op.key.length + (op.type === 'put' ? op.value.length : 0)
  return size
}
