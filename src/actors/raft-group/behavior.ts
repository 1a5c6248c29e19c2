/**
 * The actor of one Raft group on one node: first its way back from disk, then a member at work. Until it
 * is back it promises nothing: Raft messages are dropped, clients are told that there is no leader.
 */

import { groupId } from '../../base/ids.ts'
import type { Actor, ActorKind, Context, Input, Question } from '../../runtime/actor.ts'
import type { Message } from '../../runtime/message.ts'
import { GroupKeys } from '../../storage/keyspace.ts'
import { CorruptRecord } from '../../storage/record.ts'
import type { GroupKnown, GroupKnownIs } from '../../wire/messages/group.ts'
import type { TreeOptions, TreePorts } from '../options.ts'
import { refuse } from '../refuse.ts'
import { Installation } from './install.ts'
import { type Found, Newcomer } from './newcomer.ts'
import { Recovery } from './recovery.ts'
import { RAFT_GROUP } from './replica.ts'
import { RunningGroup } from './running.ts'
import { Staging } from './staging.ts'
import { RECOVERING } from './status.ts'

/** Requests kept until the group is back. */
const EARLY_MAX = 1000

export function raftGroupKind(options: TreeOptions, ports: TreePorts): ActorKind {
  return { kind: RAFT_GROUP, create: (at) => new RaftGroup(at.key, options, ports) }
}

interface Early {
  readonly input: Input
  readonly question: Question
  readonly deadlineMs: number
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
  /** While an empty disk does not say who this is. */
  #newcomer: Newcomer | undefined
  #waiting: Early[] = []

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
      for (const { input: early } of this.#waiting) this.#running.receive(early, context)
      this.#waiting = []
    } else if (input.type === 'timer') {
      this.#expire(context)
      this.#found(this.#newcomer?.ask(context), context)
    } else if (input.type === 'answer') {
      this.#found(this.#newcomer?.answered(input.tag, input.outcome, context), context)
    } else if (input.type === 'message' && input.question !== undefined) {
      this.#early(input, input.question, context)
    }
  }

  #begin(context: Context): void {
    if (this.#recovery.begin(context)) return
    this.#newcomer = new Newcomer(this.#group, this.#options)
    this.#found(this.#newcomer.ask(context), context)
  }

  #found(found: Found | undefined, context: Context): void {
    if (found === undefined) return
    this.#newcomer = undefined
    this.#recovery.beginNew(found, context)
  }

  /** Reads and writes of the first moments wait, as they do without a leader. */
  #early(input: Input, question: Question, context: Context): void {
    const { message } = input as { readonly message: Message }
    const { kind } = message
    if (kind === 'group.status') context.answerNow(question, RECOVERING)
    else if (kind === 'group.known') {
      const known = this.#recovery.knows((message as GroupKnown).peer)
      const is: GroupKnownIs = { kind: 'group.known-is', known }
      context.answerNow(question, is)
    } else if (kind.startsWith('kv.') && this.#waiting.length < EARLY_MAX) {
      const deadlineMs = context.nowMs + this.#options.limits.requestTimeoutMs
      this.#waiting.push({ input, question, deadlineMs })
    } else refuse(question, 'no-leader', context)
  }

  /** A node that waits for its peers to say who it is: nothing was done, and nothing is done later. */
  #expire(context: Context): void {
    this.#waiting = this.#waiting.filter(({ deadlineMs, question }) => {
      if (deadlineMs > context.nowMs) return true
      refuse(question, 'no-leader', context)
      return false
    })
  }

  #parts() {
    const parts = { group: this.#group, keys: this.#keys }
    return { ...parts, options: this.#options, ports: this.#ports }
  }
}
