/** Everything a member does about snapshots: sending, taking in, putting in place, starting over from one. */

import { must } from '../../base/assert.ts'
import type { KvMachine } from '../../core/kv/machine.ts'
import type { RaftEffect, SnapshotMeta } from '../../core/raft/types.ts'
import type { Context, Input, Question } from '../../runtime/actor.ts'
import type { Message } from '../../runtime/message.ts'
import { readMeta } from '../../storage/kvrows.ts'
import type { SnapshotBegin, SnapshotChunk } from '../../wire/messages/snapshot.ts'
import type { Admission } from './admission.ts'
import { Installation } from './install.ts'
import { KvReload } from './kv-reload.ts'
import type { Replica } from './replica.ts'
import { SnapshotReceipts } from './snapshot-receive.ts'
import { SnapshotSends } from './snapshot-send.ts'
import { Staging } from './staging.ts'

export interface SnapshotHooks {
  /** The machine is about to be replaced: nothing may read it or its rows. */
  interrupted(context: Context): void
  /** Another machine is in its place, and serves. */
  replaced(context: Context): void
}

type SnapshotEffect = Extract<
  RaftEffect,
  { readonly type: 'send-snapshot' | 'install-snapshot' | 'snapshot-unused' }
>

export class Snapshots {
  readonly #replica: Replica
  readonly #admission: Admission
  readonly #hooks: SnapshotHooks
  readonly #staging: Staging
  readonly #sends: SnapshotSends
  readonly #receipts: SnapshotReceipts
  #installation: Installation | undefined
  #reload: KvReload | undefined
  /** A chunk for which the disk has no breath now. */
  #postponed: { readonly chunk: SnapshotChunk; readonly question: Question } | undefined

  constructor(replica: Replica, admission: Admission, hooks: SnapshotHooks) {
    this.#replica = replica
    this.#admission = admission
    this.#hooks = hooks
    this.#staging = new Staging(replica.group, replica.keys)
    this.#sends = new SnapshotSends(replica)
    this.#receipts = new SnapshotReceipts(replica, this.#staging)
  }

  perform(effect: SnapshotEffect, context: Context): void {
    switch (effect.type) {
      case 'send-snapshot':
        this.#sends.begin(effect.to, effect.atLeastIndex, context)
        return
      case 'snapshot-unused':
        this.#receipts.done(context)
        return
      case 'install-snapshot':
        this.#install(effect.snapshot, context)
    }
  }

  leaderChanged(context: Context): void {
    if (!this.#replica.leads) this.#sends.stop(context)
  }

  question(message: Message, question: Question, context: Context): void {
    if (message.kind === 'snapshot.begin') {
      this.#receipts.begin(message as SnapshotBegin, question, context)
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
    if (tag === 'snapshot-whole') {
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
    else if (this.#receipts.ownsTag(tag)) this.#receipts.cleared(rows, more, context)
    else if (this.#installation?.ownsTag(tag)) this.#installation.page(tag, rows, more, context)
    else if (this.#reload !== undefined && tag === 'reload') {
      const kv = this.#reload.page(rows, more, context)
      if (kv !== undefined) this.#serve(kv, context)
    } else return false
    return true
  }

  #install(snapshot: SnapshotMeta, context: Context): void {
    const { group, keys, self, directory } = this.#replica
    this.#replica.serving = false
    this.#hooks.interrupted(context)
    for (const member of this.#receipts.membersOf(snapshot)) {
      if (!directory.announced(member.peer)) directory.add(member)
    }
    const identity = directory.identity(self)
    this.#installation = new Installation(group, keys, this.#staging, { snapshot, identity })
    this.#installation.begin(context)
  }

  /** The rows are in place: the machine is made from them as at a start. */
  #startOver(context: Context): void {
    const { keys } = this.#replica
    const meta = must(context.read(keys.applied()), 'a snapshot brings its applied index')
    this.#reload = new KvReload(keys, readMeta(keys, meta))
    this.#reload.begin(context)
  }

  #serve(kv: KvMachine, context: Context): void {
    const { snapshot } = must(this.#installation, 'a snapshot was put in place')
    this.#reload = undefined
    this.#installation = undefined
    this.#replica.kv = kv
    this.#replica.serving = true
    this.#replica.disk.clear()
    this.#replica.raft.step({ type: 'snapshot-installed', index: snapshot.index })
    this.#receipts.done(context)
    this.#hooks.replaced(context)
  }
}
