/**
 * A leader's word of what is committed, when there is nothing to append. It waits a moment, because the
 * next append carries it for nothing: at one client it nearly always comes first, and a third of all
 * messages never leave. Where somebody waits at the follower it leaves at once.
 */

import type { PeerId } from '../../base/ids.ts'
import type { Commit, RaftMessage } from '../../core/raft/messages.ts'
import type { Context } from '../../runtime/actor.ts'
import type { Address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'

/** Short beside any round trip that a client would notice, long enough for the next put of one. */
const WAIT_MS = 1
const TIMER = 'commit-word'

/** Knows where peers live, and how a word of Raft goes to them. */
interface Carrier {
  actorOf(peer: PeerId): Address | undefined
  carry(message: RaftMessage): Message
}
type Leaving = Pick<Context, 'sendNow' | 'setTimer'>

export class CommitWord {
  readonly #carrier: Carrier
  readonly #waiting = new Map<PeerId, Commit>()
  /** Up to which index somebody at a peer waits for word. */
  readonly #awaited = new Map<PeerId, number>()

  constructor(carrier: Carrier) {
    this.#carrier = carrier
  }

  ownsTimer(name: string): boolean {
    return name === TIMER
  }

  /** Clients of that peer's node wait until it hears that this index is committed. */
  awaited(peer: PeerId, index: number): void {
    this.#awaited.set(peer, Math.max(index, this.#awaited.get(peer) ?? 0))
  }

  /** Looks at what is about to leave; true if it is to stay for now. */
  holds(message: RaftMessage, context: Leaving): boolean {
    switch (message.kind) {
      case 'commit':
        return this.#hold(message, context)
      case 'append':
      case 'heartbeat':
        this.#waiting.delete(message.to)
        this.#told(message.to, message.commit)
        return false
      case 'read-index-answer':
        this.awaited(message.to, message.index)
        this.#release(message.to, context)
        return false
      default:
        return false
    }
  }

  /** Another leader or term: what this one wanted to say is of no use. */
  forget(): void {
    this.#waiting.clear()
    this.#awaited.clear()
  }

  /** The moment is over. */
  release(context: Leaving): void {
    for (const peer of this.#waiting.keys()) this.#release(peer, context)
  }

  #hold(message: Commit, context: Leaving): boolean {
    if (this.#awaited.has(message.to)) {
      this.#told(message.to, message.commit)
      return false
    }
    if (this.#waiting.size === 0) context.setTimer(TIMER, WAIT_MS)
    this.#waiting.set(message.to, message)
    return true
  }

  #release(peer: PeerId, context: Leaving): void {
    const message = this.#waiting.get(peer)
    if (message === undefined) return
    this.#waiting.delete(peer)
    this.#told(peer, message.commit)
    const to = this.#carrier.actorOf(peer)
    if (to !== undefined) context.sendNow(to, this.#carrier.carry(message))
  }

  #told(peer: PeerId, commit: number): void {
    if ((this.#awaited.get(peer) ?? 0) <= commit) this.#awaited.delete(peer)
  }
}
