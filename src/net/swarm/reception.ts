/**
 * What becomes of a lane, called or calling: handshake, admission, session. A raft lane founds a
 * session, a bulk lane joins one, a door lane only learns who lives at an address.
 */

import { type NodeName, nodeName } from '../../base/ids.ts'
import type { PeerIdentity } from '../link.ts'
import type { Contact, DialOutcome } from './contacts.ts'
import { agree, HANDSHAKE_MS, type Meeting, meet, type Partner, type Party } from './handshake.ts'
import type { Lane } from './lane.ts'
import type { Introduction, Purpose, Verdict } from './proof.ts'
import { Session, type SessionEvents } from './session.ts'
import type { Sessions } from './sessions.ts'
import type { Admission } from './swarm-options.ts'

export interface ReceptionParts {
  readonly party: Party
  readonly sessions: Sessions
  readonly admit: (peer: PeerIdentity) => Promise<Admission>
  readonly now: () => number
  /** What a new session reports to. */
  readonly events: SessionEvents
  /** Someone introduced himself, with this address. */
  readonly learnt: (contact: Contact) => void
  readonly refused: (lane: Lane, reason: string) => void
  /** For faults: whether nothing passes between this node and that. */
  readonly blocked: (name: NodeName) => boolean
}

const ACCEPTED: Verdict = { accepted: true, reason: '' }
const refusal = (reason: string): Verdict => ({ accepted: false, reason })

export class Reception {
  readonly #parts: ReceptionParts

  constructor(parts: ReceptionParts) {
    this.#parts = parts
  }

  /** A lane that another node opened to one of our servers. Never rejects. */
  async receive(lane: Lane, expected: Purpose): Promise<void> {
    const meeting = await this.#meet(lane, undefined)
    if (!meeting.met) return
    const { partner } = meeting
    if (partner.purpose !== expected) return lane.close('came to the wrong door')
    if (expected === 'raft') await this.#found(lane, partner)
    else if (expected === 'bulk') await this.#join(lane, partner, partner.introduction.ticket)
    else setTimeout(() => lane.close('has been answered'), HANDSHAKE_MS).unref()
  }

  /** A raft lane that this node opened. */
  async call(lane: Lane): Promise<{ outcome: DialOutcome; session?: Session; partner?: Partner }> {
    const meeting = await this.#meet(lane, 'raft')
    if (!meeting.met) return { outcome: meeting.why === 'refused' ? 'refused' : 'failed' }
    const founded = await this.#found(lane, meeting.partner)
    return { ...founded, partner: meeting.partner }
  }

  /** A bulk lane that this node opened for a session. */
  async callBulk(lane: Lane, session: Session): Promise<void> {
    const meeting = await this.#meet(lane, 'bulk', session.ticket)
    if (meeting.met) await this.#join(lane, meeting.partner, session.ticket)
  }

  /** A door lane that this node opened: who lives there is learnt on the way. */
  async knock(lane: Lane): Promise<void> {
    await this.#meet(lane, 'door')
    lane.close('knocked')
  }

  async #found(lane: Lane, partner: Partner): Promise<{ outcome: DialOutcome; session?: Session }> {
    const { sessions } = this.#parts
    const peer = identify(partner)
    const { life } = partner.introduction
    const decides = this.#decides(peer)
    const judge = async (): Promise<Verdict> => {
      const admission = await this.#admission(lane, partner, peer)
      if (!admission.accepted || !decides) return admission
      const verdict = sessions.judge(peer, life, lane.initiator)
      if (verdict.accepted && !lane.closed) this.#install(lane, peer, life)
      return verdict
    }
    const verdict = await agree(lane, decides, judge)
    if (!verdict.accepted) {
      lane.close(verdict.reason)
      const standing = sessions.get(peer.name) !== undefined
      if (standing) return { outcome: 'failed' }
      this.#parts.refused(lane, verdict.reason)
      return { outcome: 'refused' }
    }
    if (!decides && !lane.closed) this.#install(lane, peer, life)
    const session = sessions.get(peer.name)
    return session?.raft === lane ? { outcome: 'connected', session } : { outcome: 'failed' }
  }

  async #join(lane: Lane, partner: Partner, ticket: string): Promise<void> {
    const { introduction } = partner
    const decides = this.#decides(identify(partner))
    let session: Session | undefined
    const judge = async (): Promise<Verdict> => {
      session = await this.#parts.sessions.withTicket(ticket)
      if (session === undefined) return refusal('the bulk lane of no session')
      const same =
        session.peer.publicKey === introduction.publicKey && introduction.bulkKey === lane.remoteKey
      return same ? ACCEPTED : refusal('the bulk lane of another node')
    }
    const verdict = await agree(lane, decides, judge)
    if (!verdict.accepted || session?.attachBulk(lane) !== true) lane.close(verdict.reason)
  }

  async #meet(lane: Lane, purpose: Purpose | undefined, ticket = ''): Promise<Meeting> {
    const { secrets, versions, introduction: self } = this.#parts.party
    const party = { secrets, versions, introduction: { ...self, ticket } }
    const meeting = await meet(lane, party, purpose)
    if (!meeting.met) {
      lane.close(meeting.reason)
      if (meeting.why === 'refused') this.#parts.refused(lane, meeting.reason)
      return meeting
    }
    const { introduction } = meeting.partner
    if (introduction.publicKey === this.#parts.party.introduction.publicKey) {
      lane.close('met itself')
      return { met: false, why: 'broken', reason: 'met itself' }
    }
    if (introduction.cluster === this.#parts.party.introduction.cluster)
      this.#parts.learnt(contactOf(introduction))
    return meeting
  }

  async #admission(lane: Lane, { introduction }: Partner, peer: PeerIdentity): Promise<Verdict> {
    const self = this.#parts.party.introduction
    if (introduction.cluster !== self.cluster) {
      return refusal(`it belongs to cluster ${introduction.cluster}, this node to ${self.cluster}`)
    }
    if (introduction.publicKey !== lane.remoteKey) return refusal('its key is not its own')
    if (peer.name === self.name) return refusal(`it has the name of this node, ${self.name}`)
    if (this.#parts.blocked(peer.name)) {
      lane.close('blocked')
      return refusal('blocked')
    }
    const admission = await this.#parts.admit(peer)
    return admission.admitted ? ACCEPTED : refusal(admission.reason)
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
  const { name, publicKey, incarnation, shards } = introduction
  return { name: nodeName(name), publicKey, incarnation, shards, wireVersion }
}

function contactOf({ publicKey, name, host, port }: Introduction): Contact {
  return { publicKey, name: nodeName(name), addresses: [{ host, port }] }
}
