/**
 * The state of one Raft peer, shared by the files that each know one of its concerns, and the few
 * changes that all of them make: sending, marking, moving the commit index, appending, truncating.
 */

import { assert } from '../../base/assert.ts'
import type { PeerId } from '../../base/ids.ts'
import {
  ConfigurationHistory,
  decodeConfiguration,
  isJoint,
  isMember,
  isVoter,
} from './configuration.ts'
import { Durability } from './durability.ts'
import { entryBytes, RaftLog } from './log.ts'
import type { RaftMessage } from './messages.ts'
import type { Progress } from './progress.ts'
import { ForwardedReads, type ReadRounds } from './read-index.ts'
import type {
  Configuration,
  Entry,
  HardState,
  RaftConfig,
  RaftEffect,
  RaftMark,
  RestoredState,
  Role,
  SnapshotMeta,
} from './types.ts'

/** What only a leader has, for one term. */
export interface Leadership {
  /**
   * Index of the empty entry that opened the term; until it is committed, older ones are not
   * counted.
   */
  readonly start: number
  readonly progress: Map<PeerId, Progress>
  readonly reads: ReadRounds
  transferee: PeerId | undefined
  uncommittedBytes: number
  /** Something a commit depends on has changed. */
  recount: boolean
}

/** What only a candidate or pre-candidate has. */
export interface Campaign {
  readonly votes: Map<PeerId, boolean>
  /** At the old leader's wish. */
  readonly transfer: boolean
}

type MessageBody<M> = M extends RaftMessage ? Omit<M, 'from' | 'to' | 'term'> : never

export class Core {
  readonly config: RaftConfig
  readonly self: PeerId
  readonly log: RaftLog
  readonly configurations: ConfigurationHistory
  readonly durability: Durability
  readonly forwarded: ForwardedReads
  readonly down = new Set<PeerId>()

  role: Role = 'follower'
  term: number
  vote: PeerId | undefined
  leader: PeerId | undefined
  leadership: Leadership | undefined
  campaign: Campaign | undefined

  commit: number
  /** Done, as told by `applied`. */
  applied: number
  /** Handed out by the last `apply`. */
  applying: number

  /**
   * Ticks since the leader was heard (follower), the campaign began, or the quorum was checked
   * (leader).
   */
  elapsed = 0
  timeout = 0
  heartbeatElapsed = 0
  /** Ticks without anything to do, on a leader. */
  idleTicks = 0
  quiescent = false
  /** A snapshot accepted and not installed yet; appends are ignored meanwhile. */
  installing: SnapshotMeta | undefined
  installAnnounced = false
  /** Highest index to acknowledge to the leader at the end of this turn. */
  acknowledge: number | undefined

  effects: RaftEffect[] = []
  #random: number
  #lastToken = 0

  constructor(config: RaftConfig, restored: RestoredState) {
    const { hardState, base, entries, applied } = restored
    this.config = config
    this.self = config.self
    this.#random = Math.imul(config.seed ^ (config.seed >>> 16), 0x45d9f3b) >>> 0 || 1
    this.term = hardState.term
    this.vote = hardState.vote
    this.log = new RaftLog(base.index, base.term)
    this.configurations = new ConfigurationHistory({
      index: base.index,
      configuration: base.configuration,
    })
    for (const entry of entries) this.#append(entry)
    this.commit = Math.max(hardState.commit, base.index, applied)
    this.applied = Math.max(applied, base.index)
    this.applying = this.applied
    assert(this.commit <= this.log.lastIndex, 'what is committed must be in the log')
    assert(this.log.lastTerm <= this.term, 'the term on disk must cover the log')
    this.durability = new Durability(this.log.lastIndex, hardState)
    this.log.evict(this.applied, config.tailBytes)
    this.forwarded = new ForwardedReads(this.random(0x8000_0000))
    this.resetElection()
  }

  get configuration(): Configuration {
    return this.configurations.current.configuration
  }

  get hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.commit }
  }

  get isVoter(): boolean {
    return isVoter(this.configuration, this.self)
  }

  /**
   * Whether this peer may lead. One that an uncommitted configuration removes still may: it can be
   * the only one whose log is long enough to commit it (4.2.2).
   */
  get isEligible(): boolean {
    const { index } = this.configurations.current
    return this.isVoter || (index > this.commit && isVoter(this.#before(index), this.self))
  }

  #before(index: number): Configuration {
    return this.configurations.at(Math.max(index - 1, this.log.baseIndex))
  }

  get isLearner(): boolean {
    return !this.isVoter && isMember(this.configuration, this.self)
  }

  /** A leader was heard within the shortest election timeout, so nobody else is wanted (4.2.3). */
  get hasLiveLeader(): boolean {
    return this.leader !== undefined && this.elapsed < this.config.electionTicks
  }

  /** A whole number, 0 <= n < bound: xorshift, seeded by the config. */
  random(bound: number): number {
    let x = this.#random
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#random = x >>> 0
    return this.#random % bound
  }

  nextToken(): number {
    return ++this.#lastToken
  }

  resetElection(): void {
    this.elapsed = 0
    this.timeout = this.config.electionTicks + this.random(this.config.electionTicks)
  }

  emit(effect: RaftEffect): void {
    this.effects.push(effect)
  }

  mark(name: RaftMark): void {
    this.effects.push({ type: 'mark', name })
  }

  /** Sends, held back until this turn's batch has landed. */
  send(to: PeerId, body: MessageBody<RaftMessage>, term = this.term): void {
    this.#send(to, body, term, false)
  }

  /**
   * Sends at once: a leader's appends and heartbeats, answers to those, pre-vote requests. While
   * this peer's term or vote is not on disk even these are held.
   */
  sendNow(to: PeerId, body: MessageBody<RaftMessage>, term = this.term): void {
    const { durability } = this
    this.#send(to, body, term, durability.term === this.term && durability.vote === this.vote)
  }

  #send(to: PeerId, body: MessageBody<RaftMessage>, term: number, now: boolean): void {
    const message = { ...body, from: this.self, to, term } as RaftMessage
    this.effects.push({ type: 'send', to, message, now })
  }

  /** Everything up to `index` is committed; what is here of it may be applied. Never goes back. */
  commitTo(index: number): void {
    const target = Math.min(index, this.log.lastIndex)
    if (target <= this.commit) return
    if (this.leadership) this.#uncount(this.leadership, target)
    this.commit = target
  }

  #uncount(leadership: Leadership, target: number): void {
    for (let index = this.commit + 1; index <= target; index++) {
      const entry = this.log.get(index)
      if (entry) leadership.uncommittedBytes -= entryBytes(entry)
    }
  }

  append(entry: Entry): void {
    const before = this.configuration
    this.#append(entry)
    if (entry.kind === 'config') this.#markChange(before, this.configuration)
  }

  #append(entry: Entry): void {
    this.log.append(entry)
    if (entry.kind === 'config') {
      this.configurations.append(entry.index, decodeConfiguration(entry.data))
    }
  }

  #markChange(before: Configuration, after: Configuration): void {
    if (!isJoint(before) && isJoint(after)) this.mark('raft.joint-entered')
    if (isJoint(before) && !isJoint(after)) this.mark('raft.joint-left')
    const promoted = before.learners.some((peer) => after.voters.includes(peer))
    if (promoted) this.mark('raft.learner-promoted')
  }

  /** Drops the log from `index` on, because the leader has other entries there. */
  truncateFrom(index: number): void {
    assert(index > this.commit, 'a committed entry is never replaced')
    this.log.truncateFrom(index)
    this.configurations.truncateFrom(index)
    this.durability.truncatedFrom(index)
    this.mark('raft.conflict-truncated')
  }
}
