/**
 * Who belongs to the group: newcomers get an id, learn, and vote once they have caught up. Each ask of a
 * newcomer moves its case one step, so that nothing has to be remembered between them. Nodes that are
 * no founders stay learners until they are promoted.
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
    if (known?.incarnation === message.incarnation && belongs(configuration, known.peer)) {
      const joined: GroupJoined = { kind: 'group.joined', peer: known.peer }
      context.answer(question, joined)
      return
    }
    // The newcomer asks again; by then a step further is committed.
    refuse(question, 'no-leader', context)
    const leader = this.#replica.leaderElsewhere()
    if (this.#replica.leads) this.advance(message, context)
    else if (leader !== undefined) context.send(leader, message)
  }

  /** The leader moves a newcomer's case one step: an id, then a place. */
  advance(message: GroupJoin, context: Context): void {
    if (!this.#replica.leads) return
    const known = this.#replica.directory.newestOn(message.node)
    const { configuration } = this.#replica.status()
    if (known?.incarnation !== message.incarnation) this.#announce(message)
    else if (belongs(configuration, known.peer)) return
    else this.#admit(known.peer, message.node, configuration)
    this.#replica.flushSoon(context)
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

  /** Now and then, on the leader: gives founders that lost their disk their vote back once they caught up. */
  promoteNewcomers(context: Context): void {
    if (!this.#replica.leads) return
    const { founders } = this.#replica.options
    const { configuration, followers } = this.#replica.status()
    for (const { peer, node, incarnation } of this.#replica.directory.members()) {
      const waits = configuration.learners.includes(peer) && incarnation !== FOUNDER
      const follows = followers.some((it) => it.peer === peer && it.state === 'replicate')
      if (!waits || !follows || !founders.includes(node)) continue
      if (this.#steps([{ type: 'add-voter', peer }]) === undefined) this.#replica.flushSoon(context)
    }
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
