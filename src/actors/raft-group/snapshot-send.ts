/**
 * Sends the applied state to followers whose entries are cut away: spooled page by page off the thread
 * while writes go on, since rows above the snapshot's revision are left out and those below are pinned.
 * One chunk is under way per follower; one that was not confirmed is sent again.
 */

import { must } from '../../base/assert.ts'
import type { PeerId } from '../../base/ids.ts'
import type { SnapshotImage } from '../../core/kv/snapshot.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import type { Message } from '../../runtime/message.ts'
import { kvOps, revisionRange } from '../../storage/kvrows.ts'
import { checksumRows } from '../../storage/record.ts'
import type { KeyRange, Row } from '../../storage/store.ts'
import type { SnapshotBegin, SnapshotChunk, SnapshotWants } from '../../wire/messages/snapshot.ts'
import { after } from './kv-reload.ts'
import type { Replica } from './replica.ts'

interface Sending {
  readonly to: PeerId
  readonly image: SnapshotImage
  readonly begin: SnapshotBegin
  /** Leases and meta, which are small: sent before the first page. */
  readonly head: readonly Row[]
  left: KeyRange
  /** What is asked and not confirmed. */
  pending: SnapshotBegin | SnapshotChunk
  failures: number
}

/** Followers served at once by one group. */
const AT_ONCE = 2
const ASK_MS = 3000
const RETRY_MS = 500
const FAILURES_MAX = 12
const CHUNK_ROWS = 2000
const PAGE_TAG = 'spool:'
const ASK_TAG = 'chunk:'
const RETRY_TIMER = 'resend:'

export class SnapshotSends {
  readonly #replica: Replica
  readonly #sending = new Map<number, Sending>()
  #number = 0

  constructor(replica: Replica) {
    this.#replica = replica
  }

  begin(to: PeerId, atLeastIndex: number, context: Context): void {
    const { kv, serving, raft, keys, self, term, directory } = this.#replica
    const full = this.#sending.size >= AT_ONCE
    if (full || !serving || kv.appliedIndex < atLeastIndex || !this.#replica.actorOf(to)) {
      raft.step({ type: 'snapshot-failed', to })
      return
    }
    const image = kv.image()
    this.#number += 1
    const begin: SnapshotBegin = {
      kind: 'snapshot.begin',
      id: `${context.life}.${this.#number}`,
      from: self,
      to,
      term,
      meta: raft.snapshotAt(image.meta.appliedIndex),
      members: directory.members(),
    }
    this.#sending.set(this.#number, {
      to,
      image,
      begin,
      head: headRows(this.#replica, image),
      left: revisionRange(keys, 0, image.meta.revision),
      pending: begin,
      failures: 0,
    })
    this.#ask(this.#number, begin, context)
  }

  ownsTag(tag: string): boolean {
    return tag.startsWith(PAGE_TAG) || tag.startsWith(ASK_TAG) || tag.startsWith(RETRY_TIMER)
  }

  /** A page for the next chunk. */
  page(tag: string, rows: readonly Row[], more: boolean, context: Context): void {
    const number = numberIn(tag)
    const sending = this.#sending.get(number)
    if (sending === undefined) return
    sending.left = after(sending.left, rows)
    this.#send(number, sending, rows, !more, context)
  }

  answered(tag: string, outcome: AskOutcome, context: Context): void {
    const number = numberIn(tag)
    const sending = this.#sending.get(number)
    if (sending === undefined) return
    if (!outcome.ok || outcome.message.kind !== 'snapshot.wants') {
      this.#failed(number, sending, context)
      return
    }
    const wants = outcome.message as SnapshotWants
    const { pending } = sending
    const asked = pending.kind === 'snapshot.begin' ? 0 : pending.sequence + 1
    if (wants.refused || wants.next !== asked) this.#end(number, sending, false)
    else if (pending.kind === 'snapshot.chunk' && pending.last) this.#end(number, sending, true)
    else this.#next(number, sending, context)
  }

  retry(name: string, context: Context): void {
    const number = numberIn(name)
    const sending = this.#sending.get(number)
    if (sending !== undefined) this.#ask(number, sending.pending, context)
  }

  /** This member leads no more: it has nothing to say. */
  stop(): void {
    for (const [number, sending] of this.#sending) this.#end(number, sending, false)
  }

  #next(number: number, sending: Sending, context: Context): void {
    sending.failures = 0
    if (sending.pending.kind === 'snapshot.begin') {
      this.#send(number, sending, sending.head, false, context)
      return
    }
    const bytes = this.#replica.options.limits.snapshotChunkBytes
    context.scan(sending.left, { rows: CHUNK_ROWS, bytes }, `${PAGE_TAG}${number}`)
  }

  #send(
    number: number,
    sending: Sending,
    rows: readonly Row[],
    last: boolean,
    context: Context,
  ): void {
    const { pending, begin } = sending
    const chunk: SnapshotChunk = {
      kind: 'snapshot.chunk',
      id: begin.id,
      sequence: pending.kind === 'snapshot.begin' ? 0 : pending.sequence + 1,
      rows,
      checksum: checksumRows(rows),
      last,
    }
    sending.pending = chunk
    this.#ask(number, chunk, context)
  }

  #ask(number: number, message: Message, context: Context): void {
    const to = must(this.#sending.get(number), 'a snapshot under way').to
    const at = must(this.#replica.actorOf(to), 'the follower lives somewhere')
    context.ask(at, message, { tag: `${ASK_TAG}${number}`, timeoutMs: ASK_MS })
  }

  #failed(number: number, sending: Sending, context: Context): void {
    sending.failures += 1
    if (sending.failures >= FAILURES_MAX) this.#end(number, sending, false)
    else context.setTimer(`${RETRY_TIMER}${number}`, RETRY_MS)
  }

  #end(number: number, sending: Sending, whole: boolean): void {
    this.#sending.delete(number)
    sending.image.release()
    const { to, begin } = sending
    const { index } = begin.meta
    this.#replica.raft.step(
      whole ? { type: 'snapshot-sent', to, index } : { type: 'snapshot-failed', to },
    )
  }
}

const numberIn = (tag: string): number => Number(tag.slice(tag.indexOf(':') + 1))

function headRows({ keys }: Replica, image: SnapshotImage): Row[] {
  const leases = image.leases.map((lease) => ({ row: 'lease', lease }) as const)
  const ops = kvOps(keys, [...leases, { row: 'meta', meta: image.meta }])
  return ops.flatMap((op): Row[] => (op.type === 'put' ? [[op.key, op.value]] : []))
}
