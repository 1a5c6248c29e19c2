/**
 * What becomes of a lane, called or calling: handshake, admission, session. A raft lane founds a
 * session, a bulk lane joins one, a door lane only learns who lives at an address. Nothing here rejects.
 */

import { nodeName } from '../../base/ids.ts'
import type { PeerIdentity } from '../link.ts'
import type { Contact, DialOutcome } from './contacts.ts'
import { agree, HANDSHAKE_MS, type Meeting, meet, type Partner, type Party } from './handshake.ts'
import type { Lane } from './lane.ts'
import type { Purpose, RefusalCause, Verdict } from './proof.ts'
import { Session, type SessionEvents } from './session.ts'
import type { Sessions } from './sessions.ts'
import type { Endpoint } from './stack.ts'
import type { Admission, Refusal } from './swarm-options.ts'

export interface ReceptionParts {
  readonly party: Party
  readonly sessions: Sessions
  readonly admit: (peer: PeerIdentity) => Promise<Admission>
  readonly now: () => number
  /** What sessions report to. */
  readonly events: SessionEvents
  /** A node that may come in introduced itself. */
  readonly learnt: (contact: Contact) => void
  /** So did one that may not, although it knows the secret. */
  readonly unwanted: (publicKey: string) => void
  readonly refused: (refusal: Refusal) => void
  /** For faults: whether nothing passes between this node and that. */
  readonly blocked: (peer: PeerIdentity) => boolean
}

/** What a call for a raft lane came to. */
export interface Call {
  readonly outcome: DialOutcome
  /** Both set when the session awaits its bulk lane. */
  readonly session?: Session
  readonly bulkKey?: string
}

const ACCEPTED: Verdict = { answer: 'accepted', reason: '' }
const refuse = (answer: Verdict['answer'], reason: string): Verdict => ({ answer, reason })
const FAILED: Call = { outcome: 'failed' }
const REFUSED: Call = { outcome: 'refused' }

export class Reception {
  readonly #parts: ReceptionParts

  constructor(parts: ReceptionParts) {
    this.#parts = parts
  }

  /** A lane that another node opened to one of our servers. */
  async receive(lane: Lane, expected: Purpose): Promise<void> {
    const meeting = await this.#meet(lane, undefined)
    if (!meeting.met) return
    const { partner } = meeting
    if (partner.purpose !== expected) lane.close('came to the wrong door')
    else if (expected === 'raft') await this.#found(lane, partner)
    else if (expected === 'bulk') await this.#join(lane, partner, partner.introduction.ticket)
    else setTimeout(() => lane.close('was answered'), HANDSHAKE_MS).unref()
  }

  /** A raft lane that this node opened. */
  async call(lane: Lane): Promise<Call> {
    const meeting = await this.#meet(lane, 'raft')
    if (meeting.met) return this.#found(lane, meeting.partner)
    return meeting.cause === undefined ? FAILED : REFUSED
  }

  /** A bulk lane that this node opened for a session. */
  async callBulk(lane: Lane, { ticket }: Session): Promise<void> {
    const meeting = await this.#meet(lane, 'bulk', ticket)
    if (meeting.met) await this.#join(lane, meeting.partner, ticket)
  }

  /** A door lane that this node opened: who lives there is learnt on the way. */
  async knock(lane: Lane): Promise<void> {
    await this.#meet(lane, 'door')
    lane.finish('knocked')
  }

  async #meet(lane: Lane, purpose: Purpose | undefined, ticket = ''): Promise<Meeting> {
    const { secrets, versions, introduction: self } = this.#parts.party
    const party = { secrets, versions, introduction: { ...self, ticket } }
    const meeting = await meet(lane, party, purpose)
    if (!meeting.met) {
      lane.finish(meeting.reason)
      const { cause, reason } = meeting
      if (cause) this.#tell(lane, cause, reason, false)
      return meeting
    }
    const { cluster, publicKey } = meeting.partner.introduction
    if (publicKey === self.publicKey) {
      lane.close('met itself')
      return { met: false, reason: 'met itself' }
    }
    if (cluster !== self.cluster) {
      const reason = `one belongs to cluster ${cluster}, the other to ${self.cluster}`
      lane.finish(reason)
      this.#tell(lane, 'cluster', reason, false, identify(meeting.partner))
      return { met: false, cause: 'cluster', reason }
    }
    const { admitted } = await this.#parts.admit(identify(meeting.partner))
    if (admitted) this.#parts.learnt(contactOf(lane, meeting.partner))
    else this.#parts.unwanted(publicKey)
    return meeting
  }

  async #found(lane: Lane, partner: Partner): Promise<Call> {
    const { sessions } = this.#parts
    const peer = identify(partner)
    const { life, bulkKey } = partner.introduction
    const decides = this.#decides(peer)
    let own = ACCEPTED
    const verdict = await agree(lane, decides, async () => {
      own = await this.#admission(lane, partner, peer)
      if (own.answer !== 'accepted' || !decides) return own
      own = sessions.judge(peer, life, lane.initiator)
      if (own.answer === 'accepted' && !lane.closed) this.#install(lane, peer, life)
      return own
    })
    if (verdict.answer !== 'accepted') return this.#turnedAway(lane, verdict, verdict !== own, peer)
    if (!decides && !lane.closed) this.#install(lane, peer, life)
    const session = sessions.get(peer.name)
    return session?.raft === lane ? { outcome: 'connected', session, bulkKey } : FAILED
  }

  async #join(lane: Lane, partner: Partner, ticket: string): Promise<void> {
    const { publicKey, bulkKey } = partner.introduction
    let session: Session | undefined
    const verdict = await agree(lane, this.#decides(identify(partner)), async () => {
      session = await this.#parts.sessions.withTicket(ticket)
      if (session === undefined) return refuse('later', 'the bulk lane of no session')
      const same = session.peer.publicKey === publicKey && bulkKey === lane.remoteKey
      return same ? ACCEPTED : refuse('identity', 'the bulk lane of another node')
    })
    const joined = verdict.answer === 'accepted' && session?.attachBulk(lane) === true
    if (!joined) lane.finish(verdict.reason)
  }

  async #admission(lane: Lane, { introduction }: Partner, peer: PeerIdentity): Promise<Verdict> {
    const self = this.#parts.party.introduction
    if (introduction.publicKey !== lane.remoteKey)
      return refuse('identity', 'its key is not its own')
    if (peer.name === self.name) return refuse('identity', `both nodes are named ${self.name}`)
    if (this.#parts.blocked(peer)) return refuse('later', 'blocked')
    const admission = await this.#parts.admit(peer)
    return admission.admitted ? ACCEPTED : refuse('identity', admission.reason)
  }

  #turnedAway(lane: Lane, { answer, reason }: Verdict, byPeer: boolean, peer: PeerIdentity): Call {
    lane.finish(reason)
    if (answer === 'later' || answer === 'accepted') return FAILED
    this.#tell(lane, answer, reason, byPeer, peer)
    return REFUSED
  }

  #tell(
    lane: Lane,
    cause: RefusalCause,
    reason: string,
    byPeer: boolean,
    peer?: PeerIdentity,
  ): void {
    const { initiator: called, remoteAddress: address } = lane
    this.#parts.refused({
      cause,
      reason,
      called,
      byPeer,
      ...(peer && { name: peer.name }),
      ...(address && { address }),
    })
  }

  #install(lane: Lane, peer: PeerIdentity, life: string): void {
    const { sessions, now, events } = this.#parts
    sessions.install(new Session(peer, life, lane, now(), events))
  }

  /** Of two ends, the one with the lower key decides. */
  #decides(peer: PeerIdentity): boolean {
    return this.#parts.party.introduction.publicKey < peer.publicKey
  }
}

function identify({ introduction, wireVersion }: Partner): PeerIdentity {
  const { name, publicKey, incarnation, shards, clientUrl } = introduction
  return { name: nodeName(name), publicKey, incarnation, shards, clientUrl, wireVersion }
}

/** Where it was seen comes before where it says it is: it may not know its own address. */
function contactOf(lane: Lane, { introduction }: Partner): Contact {
  const { publicKey, name, host, port } = introduction
  const seen: Endpoint = { host: lane.remoteAddress?.host ?? host, port }
  return { publicKey, name: nodeName(name), addresses: [seen] }
}
