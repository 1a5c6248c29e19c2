/**
 * Who belongs to the group: newcomers get an id, learn, and vote once they have caught up. Each ask of a
 * newcomer moves its case one step, so that nothing has to be remembered between them.
 */

import type { NodeName, PeerId } from '../../base/ids.ts'
import type { Configuration, MembershipStep } from '../../core/raft/types.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import { type MemberNote, noteData } from '../../wire/command.ts'
import type {
  GroupChange,
  GroupChanged,
  GroupJoin,
  GroupJoined,
  GroupKnown,
  GroupKnownIs,
  GroupTransfer,
} from '../../wire/messages/group.ts'
import { refuse } from '../refuse.ts'
import { identityOp } from './identity.ts'
import type { Replica } from './replica.ts'

const FOUNDER = ''
const STEPS = { promote: 'add-voter', demote: 'add-learner', remove: 'remove' } as const

export class Membership {
  readonly #replica: Replica

  constructor(replica: Replica) {
    this.#replica = replica
  }

  join(message: GroupJoin, question: Question, context: Context): void {
    const known = this.#replica.directory.newestOn(message.node)
    const { configuration } = this.#replica.status()
    if (!this.#replica.leads) {
      refuse(question, 'no-leader', context)
      return
    }
    if (known?.incarnation !== message.incarnation) {
      this.#announce(message)
    } else if (belongs(configuration, known.peer)) {
      const joined: GroupJoined = { kind: 'group.joined', peer: known.peer }
      context.answer(question, joined)
      return
    } else {
      this.#admit(known.peer, message.node, configuration)
    }
    this.#replica.flushSoon(context)
    // The newcomer asks again; by then this step is committed.
    refuse(question, 'no-leader', context)
  }

  /** A founder with an empty disk asks whether it was heard of before. */
  known({ peer }: GroupKnown, question: Question, context: Context): void {
    const known = this.#replica.directory.pinOf(peer) !== undefined
    const is: GroupKnownIs = { kind: 'group.known-is', known }
    context.answerNow(question, is)
  }

  /** An applied entry announced a member. The first note of an id counts. */
  noted(note: MemberNote, context: Context): void {
    const { directory, group, self } = this.#replica
    if (directory.announced(note.peer)) return
    directory.add(note)
    context.write([identityOp(group, directory.identity(self))])
  }

  change({ steps }: GroupChange, question: Question, context: Context): void {
    const wanted: MembershipStep[] = []
    for (const { step, node } of steps) {
      const member = this.#replica.directory.newestOn(node)
      if (member !== undefined) wanted.push({ type: STEPS[step], peer: member.peer })
    }
    const known = wanted.length === steps.length
    this.#changed(question, known ? this.#steps(wanted) : 'unknown node', context)
  }

  transfer({ node }: GroupTransfer, question: Question, context: Context): void {
    const peer =
      node === undefined ? this.#successor() : this.#replica.directory.newestOn(node)?.peer
    if (peer === undefined) {
      this.#changed(question, 'no other voter', context)
      return
    }
    const outcome = this.#replica.raft.transfer(peer)
    this.#changed(question, outcome.ok ? undefined : outcome.reason, context)
  }

  /** Now and then, on the leader: gives a vote to newcomers that have caught up. */
  promoteNewcomers(context: Context): void {
    if (!this.#replica.leads) return
    const { learners } = this.#replica.status().configuration
    const newcomers = learners.filter((peer) => {
      const member = this.#replica.directory.members().find((it) => it.peer === peer)
      return member !== undefined && member.incarnation !== FOUNDER
    })
    if (newcomers.length === 0) return
    const steps = newcomers.map((peer): MembershipStep => ({ type: 'add-voter', peer }))
    // All that are ready go through one joint configuration; one that is behind holds nobody up.
    if (this.#steps(steps) !== undefined) for (const step of steps) this.#steps([step])
    this.#replica.flushSoon(context)
  }

  #announce(message: GroupJoin): void {
    const peer = this.#replica.directory.nextPeer()
    this.#replica.raft.propose(noteData({ ...message, peer }))
  }

  /** One change removes the node's older members and adds the new one without a vote. */
  #admit(peer: PeerId, node: NodeName, configuration: Configuration): void {
    const steps: MembershipStep[] = [{ type: 'add-learner', peer }]
    for (const member of this.#replica.directory.members()) {
      if (member.node === node && member.peer !== peer && belongs(configuration, member.peer)) {
        steps.push({ type: 'remove', peer: member.peer })
      }
    }
    this.#steps(steps)
  }

  #changed(question: Question, refusal: string | undefined, context: Context): void {
    this.#replica.flushSoon(context)
    const changed: GroupChanged = { kind: 'group.changed', refusal }
    context.answer(question, changed)
  }

  /** The voter that is furthest on and answers. */
  #successor(): PeerId | undefined {
    const { followers, configuration } = this.#replica.status()
    return followers
      .filter(({ peer, active }) => active && configuration.voters.includes(peer))
      .toSorted((a, b) => b.match - a.match)
      .at(0)?.peer
  }

  #steps(steps: readonly MembershipStep[]): string | undefined {
    const outcome = this.#replica.raft.change({ type: 'change', steps, explicitLeave: false })
    return outcome.ok ? undefined : outcome.reason
  }
}

function belongs(configuration: Configuration, peer: PeerId): boolean {
  const { voters, outgoing, learners } = configuration
  return voters.includes(peer) || outgoing.includes(peer) || learners.includes(peer)
}
