/**
 * The links that stand, by the peer's name: one each. Of two connections made at once the end with the
 * lower key keeps one, and the other end follows it.
 */

import type { NodeName } from '../../base/ids.ts'
import type { Clock } from '../../base/ports/clock.ts'
import type { PeerIdentity } from '../link.ts'
import type { Verdict } from './proof.ts'
import type { Session } from './session.ts'

/** Two connections begun within this time were begun at once. */
const AT_ONCE_MS = 2_000
/** How long a bulk lane waits for its session: verdict and bulk lane travel on different streams. */
const TICKET_MS = 1_000

export class Sessions {
  readonly #clock: Clock
  readonly #byName = new Map<NodeName, Session>()
  readonly #awaited = new Map<string, (session: Session | undefined) => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get(name: NodeName): Session | undefined {
    return this.#byName.get(name)
  }

  all(): Session[] {
    return [...this.#byName.values()]
  }

  withKey(publicKey: string): Session | undefined {
    return this.all().find((session) => session.peer.publicKey === publicKey)
  }

  /** Whether a newcomer may take the place of what stands under this name. */
  judge(peer: PeerIdentity, life: string, openedHere: boolean): Verdict {
    const standing = this.#byName.get(peer.name)
    const atOnce =
      standing !== undefined &&
      standing.life === life &&
      standing.raft.initiator !== openedHere &&
      this.#clock.monotonicMs() - standing.openedAt < AT_ONCE_MS
    return atOnce
      ? { answer: 'later', reason: 'another connection was opened at the same time' }
      : { answer: 'accepted', reason: '' }
  }

  /** Puts a session in the place of the one before. */
  install(session: Session): void {
    this.#byName.get(session.peer.name)?.end('replaced by a new connection')
    this.#byName.set(session.peer.name, session)
    this.#awaited.get(session.ticket)?.(session)
  }

  remove(session: Session): void {
    if (this.#byName.get(session.peer.name) === session) this.#byName.delete(session.peer.name)
  }

  /** The session of a bulk lane, once it stands; undefined when it does not come. */
  withTicket(ticket: string): Promise<Session | undefined> {
    const standing = this.all().find((session) => session.ticket === ticket)
    if (standing) return Promise.resolve(standing)
    return new Promise((resolve) => {
      const answer = (session: Session | undefined): void => {
        clearTimeout(limit)
        this.#awaited.delete(ticket)
        resolve(session)
      }
      const limit = setTimeout(() => answer(undefined), TICKET_MS)
      this.#awaited.set(ticket, answer)
    })
  }

  close(): void {
    for (const session of this.all()) session.end('this node is shutting down')
    for (const answer of [...this.#awaited.values()]) answer(undefined)
  }
}
