/**
 * A member with an empty disk finds out what it is. A founder asks the others whether they know it: if
 * one does, its disk was lost, and it must not speak as that member again; once enough do not, the group
 * is young. A node that comes back by `--rejoin`, or later, asks for an id of its own.
 */

import { must } from '../../base/assert.ts'
import type { GroupId, NodeName, PeerId } from '../../base/ids.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { GroupJoin, GroupJoined, GroupKnown, GroupKnownIs } from '../../wire/messages/group.ts'
import type { TreeOptions } from '../options.ts'
import { Directory } from './directory.ts'
import { RAFT_GROUP } from './replica.ts'

const AGAIN_MS = 500
const ASK_MS = 2000
/** Rounds of asking without enough answers after which the log says who is missing, again and again. */
const TELL_ROUNDS = 10
const JOIN_TAG = 'join'
const KNOWN_TAG = 'known:'

export type Found =
  | { readonly type: 'founder'; readonly peer: PeerId }
  | { readonly type: 'joined'; readonly peer: PeerId }

export class Newcomer {
  readonly #group: GroupId
  readonly #options: TreeOptions
  readonly #others: readonly NodeName[]
  /** Its id if it is a founder and does not rejoin. */
  readonly #founder: PeerId | undefined
  readonly #strangersTo = new Set<NodeName>()
  #asked = 0
  #rounds = 0

  constructor(group: GroupId, options: TreeOptions) {
    const { founders, node, rejoin } = options
    this.#group = group
    this.#options = options
    this.#others = founders.filter((name) => name !== node)
    const isFounder = founders.includes(node) && !rejoin
    this.#founder = isFounder ? Directory.ofFounders(founders).newestOn(node)?.peer : undefined
  }

  /** Asks again what is not answered; `found` at once where there is nobody to ask. */
  ask(context: Context): Found | undefined {
    if (this.#founder === undefined) {
      this.#askToJoin(context)
      return undefined
    }
    const { incarnation } = this.#options
    const missing = this.#others.filter((node) => !this.#strangersTo.has(node))
    if (++this.#rounds % TELL_ROUNDS === 0) {
      context.log.warn({ missing }, 'an empty disk: waits until these founders have been asked')
    }
    for (const node of missing) {
      const known: GroupKnown = { kind: 'group.known', peer: this.#founder, incarnation }
      context.ask(this.#at(node), known, { tag: `${KNOWN_TAG}${node}`, timeoutMs: ASK_MS })
    }
    context.setTimer('newcomer', AGAIN_MS)
    return this.#young()
  }

  answered(tag: string, outcome: AskOutcome, context: Context): Found | undefined {
    if (tag === JOIN_TAG) {
      if (outcome.ok && outcome.message.kind === 'group.joined') {
        return { type: 'joined', peer: (outcome.message as GroupJoined).peer }
      }
      context.setTimer('newcomer', AGAIN_MS)
      return undefined
    }
    if (!outcome.ok || outcome.message.kind !== 'group.known-is') return undefined
    if ((outcome.message as GroupKnownIs).known) refuseToStart(outcome.from, context)
    this.#strangersTo.add(outcome.from.node)
    return this.#young()
  }

  /**
   * Whatever this member once promised, it promised in a quorum: so enough others must not know it that
   * every quorum with it has one of them. A bare majority is not enough: those who only followed never
   * heard it speak.
   */
  #young(): Found | undefined {
    const founders = this.#options.founders.length
    const majority = Math.floor(founders / 2) + 1
    const needed = Math.min(this.#others.length, founders - majority + 1)
    if (this.#strangersTo.size < needed) return undefined
    return {
      type: 'founder',
      peer: must(this.#founder, 'only founders ask whether they are known'),
    }
  }

  /** One founder after the other: whoever leads moves the case on, the others say so. */
  #askToJoin(context: Context): void {
    const node = this.#others[this.#asked++ % this.#others.length]
    if (node === undefined) return
    const { incarnation } = this.#options
    const join: GroupJoin = { kind: 'group.join', node: this.#options.node, incarnation }
    context.ask(this.#at(node), join, { tag: JOIN_TAG, timeoutMs: ASK_MS })
  }

  #at(node: NodeName): Address {
    return address(node, RAFT_GROUP, this.#group)
  }
}

/** What this node promised before is lost with its disk. */
export function refuseToStart(from: Address, context: Context): never {
  const { node } = context.self
  return context.fatal(
    `${from.node} knows ${node} by another data directory: start with --rejoin to come back empty`,
  )
}
