/**
 * The actor of one Raft group on one node: first its way back from disk, then a member at work. Until it
 * is back it promises nothing: Raft messages are dropped, clients are told that there is no leader.
 */

import { groupId } from '../../base/ids.ts'
import type { Actor, ActorKind, Context, Input, Question } from '../../runtime/actor.ts'
import { address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import { GroupKeys } from '../../storage/keyspace.ts'
import { CorruptRecord } from '../../storage/record.ts'
import type { GroupJoin, GroupJoined } from '../../wire/messages/group.ts'
import type { TreeOptions, TreePorts } from '../options.ts'
import { refuse } from '../refuse.ts'
import { Installation } from './install.ts'
import { Recovery } from './recovery.ts'
import { RAFT_GROUP } from './replica.ts'
import { RunningGroup } from './running.ts'
import { Staging } from './staging.ts'
import { RECOVERING } from './status.ts'

const JOIN_MS = 500
/** Requests kept until the group is back. */
const EARLY_MAX = 1000

export function raftGroupKind(options: TreeOptions, ports: TreePorts): ActorKind {
  return { kind: RAFT_GROUP, create: (at) => new RaftGroup(at.key, options, ports) }
}

class RaftGroup implements Actor {
  readonly #group
  readonly #keys: GroupKeys
  readonly #options: TreeOptions
  readonly #ports: TreePorts
  readonly #recovery: Recovery
  readonly #staging: Staging
  /** A snapshot that a crash kept from its place: finished before anything else. */
  #installation: Installation | undefined
  #running: RunningGroup | undefined
  #waiting: Input[] = []
  #asked = 0

  constructor(key: string, options: TreeOptions, ports: TreePorts) {
    this.#group = groupId(key)
    this.#keys = new GroupKeys(this.#group)
    this.#staging = new Staging(this.#group, this.#keys)
    this.#options = options
    this.#ports = ports
    this.#recovery = new Recovery(this.#group, this.#keys, options)
  }

  receive(input: Input, context: Context): void {
    try {
      if (this.#running !== undefined) this.#running.receive(input, context)
      else this.#recover(input, context)
    } catch (error) {
      if (!(error instanceof CorruptRecord)) throw error
      context.fatal(
        `group ${this.#group}: ${error.message}; start with --rejoin to come back empty`,
      )
    }
  }

  inspect(): object {
    return this.#running?.inspect() ?? { status: RECOVERING, raft: undefined, kv: undefined }
  }

  #recover(input: Input, context: Context): void {
    if (input.type === 'start') {
      this.#installation = Installation.resumed(this.#group, this.#keys, this.#staging, context)
      if (this.#installation === undefined) this.#begin(context)
      else this.#installation.begin(context)
    } else if (input.type === 'landed') {
      if (this.#installation?.landed(input.tag, context)) {
        this.#installation = undefined
        this.#begin(context)
      }
    } else if (input.type === 'scanned' && this.#installation !== undefined) {
      this.#installation.page(input.tag, input.rows, input.more, context)
    } else if (input.type === 'scanned') {
      const recovered = this.#recovery.page(input.tag, input.rows, input.more, context)
      if (recovered === undefined) return
      const { group, keys, options, ports } = this.#parts()
      this.#running = new RunningGroup({ group, keys, options, ports, recovered }, context)
      for (const early of this.#waiting) this.#running.receive(early, context)
      this.#waiting = []
    } else if (input.type === 'timer') {
      this.#askToJoin(context)
    } else if (input.type === 'answer') {
      const joined = input.outcome.ok && input.outcome.message.kind === 'group.joined'
      if (joined) this.#recovery.named((input.outcome.message as GroupJoined).peer, context)
      else context.setTimer('join', JOIN_MS)
    } else if (input.type === 'message' && input.question !== undefined) {
      this.#early(input, input.question, context)
    }
  }

  #begin(context: Context): void {
    this.#recovery.begin(context)
    if (this.#recovery.self === undefined) this.#askToJoin(context)
  }

  /** Reads and writes of the first moments wait, as they do without a leader. */
  #early(input: Input, question: Question, context: Context): void {
    const { kind } = (input as { readonly message: Message }).message
    if (kind === 'group.status') context.answerNow(question, RECOVERING)
    else if (kind.startsWith('kv.') && this.#waiting.length < EARLY_MAX) this.#waiting.push(input)
    else refuse(question, 'no-leader', context)
  }

  /** One founder after the other: whoever leads moves the case on, the others say so. */
  #askToJoin(context: Context): void {
    const others = this.#options.founders.filter((name) => name !== this.#options.node)
    const node = others[this.#asked++ % others.length]
    if (node === undefined) return
    const { incarnation } = this.#options
    const join: GroupJoin = { kind: 'group.join', node: this.#options.node, incarnation }
    context.ask(address(node, RAFT_GROUP, this.#group), join, { tag: 'join', timeoutMs: 2000 })
  }

  #parts() {
    const parts = { group: this.#group, keys: this.#keys }
    return { ...parts, options: this.#options, ports: this.#ports }
  }
}
