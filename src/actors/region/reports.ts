/**
 * Word to this node's store, which passes it on to the driver: who leads, what the region is, how big, and what it
 * has done since the last word; or that nothing was heard of a leader for long.
 */

import type { Context } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import type { StoreReport } from '../../wire/messages/store.ts'
import type { Commands } from './commands.ts'
import type { Reads } from './reads.ts'
import type { Replica } from './replica.ts'

/** A size that changed by less is not worth a word. */
const SIZE_STEP = 1 / 16
const SIZE_MIN = 64 * 1024
/** What was done is told so often, while anything is. */
const COUNTS_MS = 1000
const ORPHAN_MS = 30_000

export class Reports {
  readonly #replica: Replica
  readonly #commands: Commands
  readonly #reads: Reads
  #due = true
  #toldBytes = 0
  #toldMs = 0
  #leaderMs: number
  #orphan = false

  constructor(replica: Replica, commands: Commands, reads: Reads, nowMs: number) {
    this.#replica = replica
    this.#commands = commands
    this.#reads = reads
    this.#leaderMs = nowMs
  }

  /** Leadership, range or peers changed. */
  soon(): void {
    this.#due = true
  }

  /**
   * After each apply and at each tick. Not while children wait for their store: it would take their keys for
   * free, and let an invitation make anew what their split has written.
   */
  advance(context: Context): void {
    this.#lookForLeader(context)
    if (this.#replica.handingOver) return
    if (this.#due || this.#grew() || this.#worked(context)) this.#tell(context)
  }

  #lookForLeader({ nowMs }: Context): void {
    if (this.#replica.leader !== undefined) this.#leaderMs = nowMs
    const orphan = nowMs - this.#leaderMs >= ORPHAN_MS
    this.#due ||= orphan !== this.#orphan
    this.#orphan = orphan
  }

  #grew(): boolean {
    const { state } = this.#replica
    const step = Math.max(SIZE_MIN, this.#toldBytes * SIZE_STEP)
    return Math.abs(state.size.bytes - this.#toldBytes) > step
  }

  #worked({ nowMs }: Context): boolean {
    return this.#commands.taken + this.#reads.taken > 0 && nowMs - this.#toldMs >= COUNTS_MS
  }

  #tell(context: Context): void {
    const { descriptor, leads, term, state, options } = this.#replica
    const { bytes, rows } = state.size
    const report: StoreReport = {
      kind: 'store.report',
      descriptor,
      leads,
      term,
      bytes,
      keys: rows,
      writes: this.#commands.taken,
      reads: this.#reads.taken,
      orphan: this.#orphan,
    }
    this.#due = false
    this.#commands.taken = 0
    this.#reads.taken = 0
    this.#toldBytes = bytes
    this.#toldMs = context.nowMs
    context.send(address(options.node, 'store', options.node), report)
  }
}
