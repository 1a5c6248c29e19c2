/**
 * Takes a snapshot in, chunk by chunk, beside the data: only once it is whole and Raft wants it does it
 * touch anything. A chunk is confirmed when it is on disk. One snapshot at a time; a newer one replaces it.
 */

import type { Context, Question } from '../../runtime/actor.ts'
import { CorruptRecord, checksumRows } from '../../storage/record.ts'
import type { Row } from '../../storage/store.ts'
import type { RegionSnapshot } from '../../wire/messages/region.ts'
import type { SnapshotChunk, SnapshotWants } from '../../wire/messages/snapshot.ts'
import { PAGE } from '../raft-group/kv-reload.ts'
import type { Replica } from './replica.ts'
import type { Staging } from './staging.ts'

interface Receipt {
  readonly begin: RegionSnapshot
  next: number
  whole: boolean
  /** Asked to begin while older rows are still cleared away. */
  clearing: Question | undefined
}

export const CLEAR_TAG = 'clear-staging'
export const WHOLE_TAG = 'snapshot-whole'

export class SnapshotReceipts {
  readonly #replica: Replica
  readonly #staging: Staging
  #receipt: Receipt | undefined
  #clearing = false

  constructor(replica: Replica, staging: Staging) {
    this.#replica = replica
    this.#staging = staging
  }

  begin(begin: RegionSnapshot, question: Question, context: Context): void {
    const { self, raft, whole } = this.#replica
    if (begin.to !== self || !whole || begin.term < raft.core.term) {
      wants(question, 0, true, context)
    } else if (this.#receipt?.begin.id === begin.id && this.#receipt.clearing === undefined) {
      wants(question, this.#receipt.next, false, context)
    } else {
      this.#receipt = { begin, next: 0, whole: false, clearing: question }
      this.#clear(context)
    }
  }

  chunk(chunk: SnapshotChunk, question: Question, context: Context): void {
    const receipt = this.#receipt
    if (receipt?.begin.id !== chunk.id || receipt.clearing || chunk.sequence > receipt.next) {
      wants(question, 0, true, context)
      return
    }
    if (chunk.sequence === receipt.next && !receipt.whole) {
      if (!this.#take(receipt, chunk, context)) {
        wants(question, 0, true, context)
        return
      }
      receipt.next += 1
      receipt.whole = chunk.last
      if (chunk.last) context.whenLanded(WHOLE_TAG)
    }
    wants(question, receipt.next, false, context)
  }

  /** All of it is on disk: now Raft decides. */
  whole(): void {
    const receipt = this.#receipt
    if (receipt === undefined || !receipt.whole) return
    const { from, term, meta } = receipt.begin
    this.#replica.raft.step({ type: 'snapshot-received', from, term, snapshot: meta })
  }

  /** Used or of no use: its rows may go. */
  done(context: Context): void {
    this.#receipt = undefined
    this.#clear(context)
  }

  cleared(rows: readonly Row[], more: boolean, context: Context): void {
    this.#clearing = false
    context.write(rows.map(([key]) => ({ type: 'delete', key })))
    if (more) {
      this.#clear(context)
      return
    }
    const receipt = this.#receipt
    if (receipt?.clearing === undefined) return
    wants(receipt.clearing, 0, false, context)
    receipt.clearing = undefined
  }

  #take({ begin }: Receipt, chunk: SnapshotChunk, context: Context): boolean {
    try {
      if (checksumRows(chunk.rows) !== chunk.checksum)
        throw new CorruptRecord('checksum of a chunk')
      context.write(this.#staging.stage(chunk.rows, begin.descriptor))
      return true
    } catch (error) {
      if (!(error instanceof CorruptRecord)) throw error
      context.log.warn({ id: chunk.id, reason: error.message }, 'a damaged snapshot chunk')
      this.#receipt = undefined
      return false
    }
  }

  /** Never twice at once: the second would take rows of the next snapshot along. */
  #clear(context: Context): void {
    if (this.#clearing) return
    this.#clearing = true
    context.scan(this.#staging.all, PAGE, CLEAR_TAG)
  }
}

/** Held: what is confirmed is on disk. */
function wants(question: Question, next: number, refused: boolean, context: Context): void {
  const answer: SnapshotWants = { kind: 'snapshot.wants', next, refused }
  context.answer(question, answer)
}
