/**
 * A link to one peer: its raft lane and its bulk lane, living and dying together.
 *
 * Promises: `onUp` at most once, when both lanes stand; frames only after it; `onEnd` exactly once, and
 * no frame after it.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { LinkLane, PeerIdentity } from '../link.ts'
import { HANDSHAKE_MS } from './handshake.ts'
import { type Lane, SILENCE_MS } from './lane.ts'

/** Bytes that may wait on a lane. */
export const QUEUE_LIMIT: Readonly<Record<LinkLane, number>> = {
  raft: 1024 * 1024,
  bulk: 4 * 1024 * 1024,
}

export interface SessionEvents {
  onUp(session: Session): void
  onFrame(session: Session, lane: LinkLane, frame: Bytes): void
  /** Also for a session that never was up; `wasUp` tells. */
  onEnd(session: Session, reason: string, wasUp: boolean): void
}

export class Session {
  readonly peer: PeerIdentity
  readonly life: string
  readonly raft: Lane
  readonly openedAt: number
  readonly #events: SessionEvents
  readonly #early: [LinkLane, Bytes][] = []
  readonly #bulkDue: NodeJS.Timeout
  #silence: NodeJS.Timeout | undefined
  #bulk: Lane | undefined
  #up = false
  #ended = false
  #deaf = false
  #mute = false

  constructor(
    peer: PeerIdentity,
    life: string,
    raft: Lane,
    openedAt: number,
    events: SessionEvents,
  ) {
    this.peer = peer
    this.life = life
    this.raft = raft
    this.openedAt = openedAt
    this.#events = events
    this.#bulkDue = setTimeout(() => this.end('its bulk lane never came'), HANDSHAKE_MS)
    raft.deliver((frame) => this.#receive('raft', frame))
    raft.onClose((reason) => this.end(reason))
  }

  get up(): boolean {
    return this.#up && !this.#ended
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Names this session to its bulk lane; both ends know it, nobody else does. */
  get ticket(): string {
    return Buffer.from(this.raft.handshakeHash).toString('hex')
  }

  /** The second lane. False when there is one already, or no session any more. */
  attachBulk(lane: Lane): boolean {
    if (this.#bulk !== undefined || this.#ended) return false
    this.#bulk = lane
    clearTimeout(this.#bulkDue)
    lane.deliver((frame) => this.#receive('bulk', frame))
    lane.onClose((reason) => this.end(reason))
    if (this.#ended) return false
    this.#up = true
    this.#events.onUp(this)
    for (const [from, frame] of this.#early.splice(0)) this.#receive(from, frame)
    return true
  }

  send(lane: LinkLane, frame: Bytes): boolean {
    if (!this.up || this.#mute) return false
    const stream = lane === 'raft' ? this.raft : this.#bulk
    return stream?.send(frame, QUEUE_LIMIT[lane]) ?? false
  }

  /** For faults: as if the network lost everything in these directions. */
  block(incoming: boolean, outgoing: boolean): void {
    this.#deaf = incoming
    this.#mute = outgoing
    for (const lane of [this.raft, this.#bulk]) {
      if (outgoing) lane?.fallSilent()
      else lane?.speakAgain()
    }
    clearTimeout(this.#silence)
    if (incoming) this.#silence = setTimeout(() => this.end('fell silent'), SILENCE_MS)
  }

  end(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#bulkDue)
    clearTimeout(this.#silence)
    this.raft.close(reason)
    this.#bulk?.close(reason)
    this.#events.onEnd(this, reason, this.#up)
  }

  #receive(lane: LinkLane, frame: Bytes): void {
    if (this.#ended || this.#deaf) return
    if (this.#up) this.#events.onFrame(this, lane, frame)
    else this.#early.push([lane, frame])
  }
}
