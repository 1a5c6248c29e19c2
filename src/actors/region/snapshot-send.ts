/**
 * Sends the applied state to peers whose entries are cut away: spooled page by page off the thread while writes go
 * on. A row may be of a later entry than the snapshot: the peer applies that entry, too, before it can lead, and
 * entries say what rows are, not how they change. Sessions and what is known of the region are of the snapshot's
 * very index. One chunk is under way per peer; the node's gate has a place for it first.
 *
 * A region that splits meanwhile gives up: the rows of its children may leave this disk at any time.
 */

import { must } from '../../base/assert.ts'
import type { PeerId } from '../../base/ids.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import type { Message } from '../../runtime/message.ts'
import { checksumRows } from '../../storage/record.ts'
import { replicaOps } from '../../storage/region-rows.ts'
import type { KeyRange, Row } from '../../storage/store.ts'
import type { RegionSnapshot } from '../../wire/messages/region.ts'
import type {
  SnapshotChunk,
  SnapshotClaim,
  SnapshotClaimed,
  SnapshotPlace,
  SnapshotWants,
} from '../../wire/messages/snapshot.ts'
import { after } from '../raft-group/kv-reload.ts'
import { gateOf } from '../snapshot-gate/behavior.ts'
import { type Replica, regionGroup } from './replica.ts'

/** Waits for the gate's word. */
interface Claiming {
  readonly to: PeerId
  readonly atLeastIndex: number
}

interface Sending {
  readonly to: PeerId
  readonly begin: RegionSnapshot
  /** What the region is and remembers: sent before the first page. */
  readonly head: readonly Row[]
  readonly left: KeyRange[]
  /** What is asked and not confirmed. */
  pending: RegionSnapshot | SnapshotChunk
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
    const group = regionGroup(this.#replica.id)
    const claim: SnapshotClaim = { kind: 'snapshot.claim', group, to }
    const tag = `${CLAIM_TAG}${this.#number}`
    context.ask(gateOf(context.self), claim, { tag, timeoutMs: ASK_MS })
  }

  ownsTag(tag: string): boolean {
    return TAGS.some((own) => tag.startsWith(own))
  }

  /** A page for the next chunk. */
  page(tag: string, rows: readonly Row[], more: boolean, context: Context): void {
    const number = numberIn(tag)
    const sending = this.#sending.get(number)
    if (sending === undefined) return
    const { version } = sending.begin.descriptor.epoch
    if (this.#replica.descriptor.epoch.version !== version) {
      this.#end(number, sending, false, context)
      return
    }
    const range = must(sending.left.shift(), 'a page of something')
    if (more) sending.left.unshift(after(range, rows))
    this.#send(number, sending, rows, sending.left.length === 0, context)
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
    const asked = pending.kind === 'region.snapshot' ? 0 : pending.sequence + 1
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

  /** This peer leads no more: it has nothing to say. */
  stop(context: Context): void {
    for (const [number, sending] of this.#sending) this.#end(number, sending, false, context)
  }

  #claimed(number: number, outcome: AskOutcome, context: Context): void {
    const claiming = this.#claiming.get(number)
    if (claiming === undefined) return
    this.#claiming.delete(number)
    const { to, atLeastIndex } = claiming
    const { state, whole, raft, leads } = this.#replica
    const granted =
      outcome.ok &&
      outcome.message.kind === 'snapshot.claimed' &&
      (outcome.message as SnapshotClaimed).granted
    const able = leads && whole && state.appliedIndex >= atLeastIndex
    if (granted && able && this.#replica.actorOf(to)) {
      this.#start(number, to, context)
      return
    }
    if (granted) this.#place('snapshot.leave', to, context)
    raft.step({ type: 'snapshot-failed', to })
  }

  #place(kind: SnapshotPlace['kind'], to: PeerId, context: Context): void {
    const place: SnapshotPlace = { kind, group: regionGroup(this.#replica.id), to }
    context.send(gateOf(context.self), place)
  }

  #start(number: number, to: PeerId, context: Context): void {
    const { state, raft, self, term, descriptor, data } = this.#replica
    const begin: RegionSnapshot = {
      kind: 'region.snapshot',
      id: `${context.life}.${number}`,
      from: self,
      to,
      term,
      meta: raft.snapshotAt(state.appliedIndex),
      descriptor,
    }
    this.#sending.set(number, {
      to,
      begin,
      head: headRows(this.#replica),
      left: [data.versions(descriptor), data.locks(descriptor)],
      pending: begin,
      failures: 0,
    })
    this.#ask(number, begin, context)
  }

  #next(number: number, sending: Sending, context: Context): void {
    sending.failures = 0
    if (sending.pending.kind === 'region.snapshot') {
      this.#send(number, sending, sending.head, false, context)
      return
    }
    const bytes = this.#replica.options.limits.snapshotChunkBytes
    const range = must(sending.left[0], 'there is more to send')
    context.scan(range, { rows: CHUNK_ROWS, bytes }, `${PAGE_TAG}${number}`)
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
      sequence: pending.kind === 'region.snapshot' ? 0 : pending.sequence + 1,
      rows,
      checksum: checksumRows(rows),
      last,
    }
    sending.pending = chunk
    this.#ask(number, chunk, context)
  }

  #ask(number: number, message: Message, context: Context): void {
    const sending = must(this.#sending.get(number), 'a snapshot under way')
    const at = this.#replica.actorOf(sending.to)
    if (at === undefined) {
      this.#end(number, sending, false, context)
      return
    }
    this.#place('snapshot.keep', sending.to, context)
    context.ask(at, message, { tag: `${ASK_TAG}${number}`, timeoutMs: ASK_MS })
  }

  #failed(number: number, sending: Sending, context: Context): void {
    sending.failures += 1
    if (sending.failures >= FAILURES_MAX) this.#end(number, sending, false, context)
    else context.setTimer(`${RETRY_TIMER}${number}`, RETRY_MS)
  }

  #end(number: number, { to, begin }: Sending, whole: boolean, context: Context): void {
    this.#sending.delete(number)
    this.#place('snapshot.leave', to, context)
    const { index } = begin.meta
    this.#replica.raft.step(
      whole ? { type: 'snapshot-sent', to, index } : { type: 'snapshot-failed', to },
    )
  }
}

const numberIn = (tag: string): number => Number(tag.slice(tag.indexOf(':') + 1))

/** As of what is applied now. */
function headRows({ keys, state }: Replica): Row[] {
  const sessions = { changed: state.sessions.records(), forgotten: [] }
  const ops = replicaOps(keys, { meta: state.meta(), shape: true, sessions })
  return ops.flatMap((op): Row[] => (op.type === 'put' ? [[op.key, op.value]] : []))
}
