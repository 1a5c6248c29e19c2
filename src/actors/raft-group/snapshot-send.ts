/**
 * Sends the applied state to followers whose entries are cut away: spooled page by page off the thread
 * while writes go on, since rows above the snapshot's revision are left out and those below are pinned.
 * One chunk is under way per follower; one that was not confirmed is sent again. The node's gate has a
 * place for it first.
 */

import { must } from '../../base/assert.ts'
import type { PeerId } from '../../base/ids.ts'
import type { SnapshotImage } from '../../core/kv/snapshot.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import type { Message } from '../../runtime/message.ts'
import { kvOps, revisionRange } from '../../storage/kvrows.ts'
import { checksumRows } from '../../storage/record.ts'
import type { KeyRange, Row } from '../../storage/store.ts'
import type {
  SnapshotBegin,
  SnapshotChunk,
  SnapshotClaim,
  SnapshotClaimed,
  SnapshotPlace,
  SnapshotWants,
} from '../../wire/messages/snapshot.ts'
import { gateOf } from '../snapshot-gate/behavior.ts'
import { after } from './kv-reload.ts'
import type { Replica } from './replica.ts'

/** Waits for the gate's word. */
interface Claiming {
  readonly to: PeerId
  readonly atLeastIndex: number
}

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

const ASK_MS = 3000
const RETRY_MS = 500
const FAILURES_MAX = 12
const CHUNK_ROWS = 2000
const PAGE_TAG = 'spool:'
const CLAIM_TAG = 'claim:'
const ASK_TAG = 'chunk:'
const RETRY_TIMER = 'resend:'
const TAGS = [PAGE_TAG, CLAIM_TAG, ASK_TAG, RETRY_TIMER]

export class SnapshotSends {
  readonly #replica: Replica
  readonly #claiming = new Map<number, Claiming>()
  readonly #sending = new Map<number, Sending>()
  #number = 0

  constructor(replica: Replica) {
    this.#replica = replica
  }

  begin(to: PeerId, atLeastIndex: number, context: Context): void {
    this.#number += 1
    this.#claiming.set(this.#number, { to, atLeastIndex })
    const claim: SnapshotClaim = { kind: 'snapshot.claim', group: this.#replica.group, to }
    const tag = `${CLAIM_TAG}${this.#number}`
    context.ask(gateOf(context.self), claim, { tag, timeoutMs: ASK_MS })
  }

  #claimed(number: number, outcome: AskOutcome, context: Context): void {
    const claiming = this.#claiming.get(number)
    if (claiming === undefined) return
    this.#claiming.delete(number)
    const { to, atLeastIndex } = claiming
    const { kv, serving, raft, leads } = this.#replica
    const granted = outcome.ok && (outcome.message as SnapshotClaimed).granted
    const able = leads && serving && kv.appliedIndex >= atLeastIndex
    if (granted && able && this.#replica.actorOf(to)) {
      this.#start(number, to, context)
      return
    }
    if (granted) this.#place('snapshot.leave', to, context)
    raft.step({ type: 'snapshot-failed', to })
  }

  #place(kind: SnapshotPlace['kind'], to: PeerId, context: Context): void {
    const place: SnapshotPlace = { kind, group: this.#replica.group, to }
    context.send(gateOf(context.self), place)
  }

  #start(number: number, to: PeerId, context: Context): void {
    const { kv, raft, keys, self, term, directory } = this.#replica
    const image = kv.image()
    const begin: SnapshotBegin = {
      kind: 'snapshot.begin',
      id: `${context.life}.${number}`,
      from: self,
      to,
      term,
      meta: raft.snapshotAt(image.meta.appliedIndex),
      members: directory.members(),
    }
    this.#sending.set(number, {
      to,
      image,
      begin,
      head: headRows(this.#replica, image),
      left: revisionRange(keys, 0, image.meta.revision),
      pending: begin,
      failures: 0,
    })
    this.#ask(number, begin, context)
  }

  ownsTag(tag: string): boolean {
    return TAGS.some((own) => tag.startsWith(own))
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
    if (tag.startsWith(CLAIM_TAG)) {
      this.#claimed(number, outcome, context)
      return
    }
    const sending = this.#sending.get(number)
    if (sending === undefined) return
    if (!outcome.ok || outcome.message.kind !== 'snapshot.wants') {
      this.#failed(number, sending, context)
      return
    }
    const wants = outcome.message as SnapshotWants
    const { pending } = sending
    const asked = pending.kind === 'snapshot.begin' ? 0 : pending.sequence + 1
    if (wants.refused || wants.next !== asked) this.#end(number, sending, false, context)
    else if (pending.kind === 'snapshot.chunk' && pending.last)
      this.#end(number, sending, true, context)
    else this.#next(number, sending, context)
  }

  retry(name: string, context: Context): void {
    const number = numberIn(name)
    const sending = this.#sending.get(number)
    if (sending !== undefined) this.#ask(number, sending.pending, context)
  }

  /** This member leads no more: it has nothing to say. */
  stop(context: Context): void {
    for (const [number, sending] of this.#sending) this.#end(number, sending, false, context)
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
    this.#place('snapshot.keep', to, context)
    context.ask(at, message, { tag: `${ASK_TAG}${number}`, timeoutMs: ASK_MS })
  }

  #failed(number: number, sending: Sending, context: Context): void {
    sending.failures += 1
    if (sending.failures >= FAILURES_MAX) this.#end(number, sending, false, context)
    else context.setTimer(`${RETRY_TIMER}${number}`, RETRY_MS)
  }

  #end(number: number, sending: Sending, whole: boolean, context: Context): void {
    this.#sending.delete(number)
    sending.image.release()
    const { to, begin } = sending
    this.#place('snapshot.leave', to, context)
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
