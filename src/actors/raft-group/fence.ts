/**
 * Which messages of Raft count: only those of the very data directory a member is known by. Its
 * incarnation is pinned on disk before its first message is heard, so that a node which lost its disk
 * can neither vote nor acknowledge a second time; it is told so, and comes back by `--rejoin`.
 */

import type { PeerId } from '../../base/ids.ts'
import type { RaftMessage } from '../../core/raft/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { Address } from '../../runtime/address.ts'
import type { GroupStranger } from '../../wire/messages/group.ts'
import type { RaftCarrier } from '../../wire/messages/raft.ts'
import { identityOp } from './identity.ts'
import type { Replica } from './replica.ts'

/** Kept of a member until its pin is on disk. */
const EARLY_MAX = 64
const STRANGER_MS = 1000
const PIN_TAG = 'pinned:'

export class Fence {
  readonly #replica: Replica
  readonly #early = new Map<PeerId, RaftMessage[]>()
  #toldMs = Number.NEGATIVE_INFINITY

  constructor(replica: Replica) {
    this.#replica = replica
  }

  /** The message, if it counts now. */
  pass(carrier: RaftCarrier, from: Address, context: Context): RaftMessage | undefined {
    const { directory, self } = this.#replica
    const { message, incarnation } = carrier
    if (message.to !== self || !directory.admits(message.from, from.node)) return undefined
    const pinned = directory.pinOf(message.from)
    if (pinned === undefined) this.#pin(message.from, incarnation, context)
    else if (pinned !== incarnation) return this.#refuse(message.from, from, context)
    const early = this.#early.get(message.from)
    if (early === undefined) return message
    if (early.length < EARLY_MAX) early.push(message)
    return undefined
  }

  ownsTag(tag: string): boolean {
    return tag.startsWith(PIN_TAG)
  }

  /** A pin is on disk: what its member said meanwhile counts. */
  landed(tag: string): readonly RaftMessage[] {
    const peer = Number(tag.slice(PIN_TAG.length)) as PeerId
    const early = this.#early.get(peer) ?? []
    this.#early.delete(peer)
    return early
  }

  #pin(peer: PeerId, incarnation: string, context: Context): void {
    const { directory, group, self } = this.#replica
    directory.pin(peer, incarnation)
    this.#early.set(peer, [])
    context.write([identityOp(group, directory.identity(self))])
    context.whenLanded(`${PIN_TAG}${peer}`)
  }

  #refuse(peer: PeerId, from: Address, context: Context): undefined {
    context.mark('group.stranger-refused')
    if (context.nowMs - this.#toldMs < STRANGER_MS) return undefined
    this.#toldMs = context.nowMs
    const stranger: GroupStranger = { kind: 'group.stranger', peer }
    context.send(from, stranger)
    return undefined
  }
}
