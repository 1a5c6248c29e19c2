/** Everything a peer does about snapshots: sending, taking in, putting in place, starting over from one. */

import { must } from '../../base/assert.ts'
import type { RaftEffect, SnapshotMeta } from '../../core/raft/types.ts'
import type { Context, Input, Question } from '../../runtime/actor.ts'
import type { Message } from '../../runtime/message.ts'
import type { RegionSnapshot } from '../../wire/messages/region.ts'
import type { SnapshotChunk } from '../../wire/messages/snapshot.ts'
import type { Admission } from './admission.ts'
import { Installation } from './install.ts'
import { Recovery } from './recovery.ts'
import type { Replica } from './replica.ts'
import { CLEAR_TAG, SnapshotReceipts, WHOLE_TAG } from './snapshot-receive.ts'
import { SnapshotSends } from './snapshot-send.ts'
import { Staging } from './staging.ts'

export type SnapshotEffect = Extract<
  RaftEffect,
  { readonly type: 'send-snapshot' | 'install-snapshot' | 'snapshot-unused' }
>

export interface SnapshotHooks {
  /** State and rows are about to be replaced: nothing may read them. */
  interrupted(context: Context): void
  /** Others are in their place. */
  replaced(context: Context): void
}

const RELOAD_TAG = 'recovery'

export class Snapshots {
  readonly #replica: Replica
  readonly #admission: Admission
  readonly #hooks: SnapshotHooks
  readonly #staging: Staging
  readonly #sends: SnapshotSends
  readonly #receipts: SnapshotReceipts
  #installation: Installation | undefined
  #reload: Recovery | undefined
  /** A chunk for which the disk has no breath now. */
  #postponed: { readonly chunk: SnapshotChunk; readonly question: Question } | undefined

  constructor(replica: Replica, admission: Admission, hooks: SnapshotHooks) {
    this.#replica = replica
    this.#admission = admission
    this.#hooks = hooks
    this.#staging = new Staging(replica)
    this.#sends = new SnapshotSends(replica)
    this.#receipts = new SnapshotReceipts(replica, this.#staging)
  }

  perform(effect: SnapshotEffect, context: Context): void {
    if (effect.type === 'send-snapshot') {
      this.#sends.begin(effect.to, effect.atLeastIndex, context)
    } else if (effect.type === 'snapshot-unused') this.#receipts.done(context)
    else this.#install(effect.snapshot, context)
  }

  leaderChanged(context: Context): void {
    if (!this.#replica.leads) this.#sends.stop(context)
  }

  question(message: Message, question: Question, context: Context): void {
    if (message.kind === 'region.snapshot') {
      this.#receipts.begin(message as RegionSnapshot, question, context)
    } else {
      this.#postponed = { chunk: message as SnapshotChunk, question }
      this.resume(context)
    }
  }

  /** Takes the chunk that had to wait, if it need not any more. One asked for again replaces it. */
  resume(context: Context): void {
    const postponed = this.#postponed
    if (postponed === undefined || !this.#admission.takesBulk(context)) return
    this.#postponed = undefined
    this.#receipts.chunk(postponed.chunk, postponed.question, context)
  }

  /** Takes the input if it belongs here. */
  takes(input: Input, context: Context): boolean {
    switch (input.type) {
      case 'landed':
        return this.#landed(input.tag, context)
      case 'scanned':
        return this.#page(input, context)
      case 'answer':
        if (this.#sends.ownsTag(input.tag)) this.#sends.answered(input.tag, input.outcome, context)
        return this.#sends.ownsTag(input.tag)
      case 'timer':
        if (this.#sends.ownsTag(input.name)) this.#sends.retry(input.name, context)
        return this.#sends.ownsTag(input.name)
      default:
        return false
    }
  }

  #landed(tag: string, context: Context): boolean {
    if (tag === WHOLE_TAG) {
      this.#receipts.whole()
      return true
    }
    const installation = this.#installation
    if (installation === undefined || !installation.ownsTag(tag)) return false
    if (installation.landed(tag, context)) this.#startOver(context)
    return true
  }

  #page(input: Extract<Input, { readonly type: 'scanned' }>, context: Context): boolean {
    const { tag, rows, more } = input
    if (this.#sends.ownsTag(tag)) this.#sends.page(tag, rows, more, context)
    else if (tag === CLEAR_TAG) this.#receipts.cleared(rows, more, context)
    else if (this.#installation?.ownsTag(tag)) this.#installation.page(tag, rows, more, context)
    else if (this.#reload !== undefined && tag === RELOAD_TAG) {
      const recovered = this.#reload.page(rows, more, context)
      if (recovered !== undefined) this.#serve(recovered.state, context)
    } else return false
    return true
  }

  #install(snapshot: SnapshotMeta, context: Context): void {
    const { keys, descriptor } = this.#replica
    this.#replica.whole = false
    this.#hooks.interrupted(context)
    this.#installation = new Installation(snapshot, keys, this.#staging, descriptor)
    this.#installation.begin(context)
  }

  /** The rows are in place: the state is made from them as at a start. */
  #startOver(context: Context): void {
    const { id, keys } = this.#replica
    this.#reload = Recovery.of(id, keys, context)
    this.#reload.begin(context)
  }

  #serve(state: Replica['state'], context: Context): void {
    const { snapshot } = must(this.#installation, 'a snapshot was put in place')
    this.#reload = undefined
    this.#installation = undefined
    this.#replica.state = state
    this.#replica.whole = true
    this.#replica.disk.clear()
    this.#replica.raft.step({ type: 'snapshot-installed', index: snapshot.index })
    this.#receipts.done(context)
    this.#hooks.replaced(context)
  }
}
