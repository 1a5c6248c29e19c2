/**
 * A group's member at work: inputs become steps of its machines, and their effects calls of the context.
 *
 * G-1: what the requests of a turn cause is taken once, behind them all (`group.flush`), so that two
 * hundred writes make one persist and one append per follower; what consensus causes is taken behind
 * consensus (`group.act`), before more requests. G-2: clients are answered from applied state alone.
 */

import type { GroupId } from '../../base/ids.ts'
import { RaftMachine } from '../../core/raft/machine.ts'
import { RAFT_DEFAULTS, type RaftConfig } from '../../core/raft/types.ts'
import type { Context, Input, Question } from '../../runtime/actor.ts'
import type { Address } from '../../runtime/address.ts'
import type { Message } from '../../runtime/message.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import type {
  GroupChange,
  GroupForward,
  GroupJoin,
  GroupKnown,
  GroupStranger,
  GroupTransfer,
  KvRange,
  KvScrubbed,
  KvView,
  KvWrite,
} from '../../wire/messages/group.ts'
import type { LeaseKeysAsk } from '../../wire/messages/lease.ts'
import type { PulseTold } from '../../wire/messages/pulse.ts'
import type { RaftCarrier } from '../../wire/messages/raft.ts'
import type { WatchHistory, WatchPrevious } from '../../wire/messages/watch.ts'
import type { TreeOptions, TreePorts } from '../options.ts'
import { refuse } from '../refuse.ts'
import { Admission } from './admission.ts'
import { Applier } from './applier.ts'
import { EffectRunner } from './effects.ts'
import { Fence } from './fence.ts'
import { History } from './history.ts'
import { Membership } from './membership.ts'
import { Neighbours } from './neighbours.ts'
import { refuseToStart } from './newcomer.ts'
import { Reads } from './reads.ts'
import { Reclaim } from './reclaim.ts'
import type { Recovered } from './recovery.ts'
import { Replica } from './replica.ts'
import { Scrubber } from './scrubber.ts'
import { type SnapshotHooks, Snapshots } from './snapshots.ts'
import { inspectGroup, statusOf } from './status.ts'
import { Values } from './values.ts'
import { Writes } from './writes.ts'

/** Newcomers are looked at once in so many ticks. */
const PROMOTE_TICKS = 10

export class RunningGroup {
  readonly #replica: Replica
  readonly #values: Values
  readonly #writes: Writes
  readonly #reads: Reads
  readonly #membership: Membership
  readonly #history: History
  readonly #neighbours: Neighbours
  readonly #snapshots: Snapshots
  readonly #fence: Fence
  readonly #admission: Admission
  readonly #reclaim: Reclaim
  readonly #scrubber: Scrubber
  readonly #effects: EffectRunner
  #ticks = 0
  #ticking = false

  constructor(
    parts: {
      readonly group: GroupId
      readonly keys: GroupKeys
      readonly options: TreeOptions
      readonly ports: TreePorts
      readonly recovered: Recovered
    },
    context: Context,
  ) {
    const { recovered, options } = parts
    const config = raftConfig(recovered, options, context)
    const raft = new RaftMachine(config, recovered.restored)
    this.#replica = new Replica({ ...parts, ...recovered, raft })
    this.#values = new Values(parts.keys, options.limits.valueCacheBytes)
    this.#writes = new Writes(this.#replica)
    this.#reads = new Reads(this.#replica, this.#values)
    this.#membership = new Membership(this.#replica)
    this.#history = new History(this.#replica, this.#values)
    this.#neighbours = new Neighbours(this.#replica)
    this.#fence = new Fence(this.#replica)
    this.#admission = new Admission(parts.ports, options.limits)
    this.#reclaim = new Reclaim(parts.keys, options.limits)
    this.#scrubber = new Scrubber(this.#replica, this.#admission, this.#reclaim)
    this.#snapshots = new Snapshots(this.#replica, this.#admission, this.#snapshotHooks())
    this.#effects = new EffectRunner(this.#replica, {
      applier: new Applier(this.#replica, this.#values, this.#writes, this.#membership),
      writes: this.#writes,
      reads: this.#reads,
      neighbours: this.#neighbours,
      snapshots: this.#snapshots,
      reclaim: this.#reclaim,
    })
    this.#neighbours.greet(context)
    this.#keepTicking(context)
  }

  receive(input: Input, context: Context): void {
    if (this.#snapshots.takes(input, context)) {
      this.#act(context)
      return
    }
    switch (input.type) {
      case 'message':
        this.#message(input.message, input.from, input.question, context)
        return
      case 'landed':
        if (this.#fence.ownsTag(input.tag)) this.#hearEarly(input.tag)
        else this.#effects.landed(input.tag)
        this.#act(context)
        return
      case 'timer':
        if (input.name === 'tick') this.#tick(context)
        else if (this.#scrubber.ownsTimer(input.name)) this.#scrubber.step(context)
        else if (this.#reclaim.ownsTimer(input.name)) this.#reclaim.run(context)
        return
      case 'answer':
        if (this.#writes.ownsTag(input.tag))
          this.#writes.forwarded(input.tag, input.outcome, context)
        return
      case 'fetched':
        this.#values.fetched(input.tag, input.values, context)
        return
      case 'scanned':
        if (this.#history.ownsTag(input.tag)) this.#history.page(input, context)
        else this.#effects.logPage(input.tag, input.rows)
        this.#act(context)
        return
      default:
        return
    }
  }

  inspect(): object {
    return inspectGroup(this.#replica)
  }

  #message(
    message: Message,
    from: Address,
    question: Question | undefined,
    context: Context,
  ): void {
    switch (message.kind) {
      case 'raft':
        this.#raftMessage(message as RaftCarrier, from, context)
        return
      case 'group.stranger':
        this.#stranger(message as GroupStranger, from, context)
        return
      case 'group.flush':
        this.#replica.flushed()
        this.#flush(context)
        return
      case 'group.act':
        this.#replica.acted()
        this.#act(context)
        return
      case 'pulse.told':
        this.#neighbours.told(message as PulseTold, context)
        this.#replica.actSoon(context)
        return
      case 'pulse.ask':
        this.#neighbours.register(context)
        return
      case 'lease.hello':
        this.#neighbours.greetExpirer(context)
        return
      case 'watch.hello':
        this.#neighbours.greetHub(context)
        return
      case 'group.join':
        if (question === undefined) this.#membership.advance(message as GroupJoin, context)
        else this.#membership.join(message as GroupJoin, question, context)
        return
      default:
        if (question !== undefined) this.#question(message, question, context)
    }
  }

  #question(message: Message, question: Question, context: Context): void {
    this.#keepTicking(context)
    switch (message.kind) {
      case 'kv.write':
        this.#write(message as KvWrite, question, context)
        return
      case 'kv.scrubbed':
        this.#scrubber.take(message as KvScrubbed, question, context)
        return
      case 'kv.range':
      case 'kv.view':
        this.#reads.take(message as KvRange | KvView, question, context)
        return
      case 'group.forward':
        this.#writes.takeForwarded(message as GroupForward, question, context)
        return
      case 'group.confirm':
        this.#reads.confirm(question, context)
        return
      case 'group.status':
        context.answerNow(question, statusOf(this.#replica))
        return
      case 'group.known':
        this.#membership.known(message as GroupKnown, question, context)
        return
      case 'group.change':
        this.#membership.change(message as GroupChange, question, context)
        return
      case 'group.transfer':
        this.#membership.transfer(message as GroupTransfer, question, context)
        return
      case 'lease.keys':
        this.#neighbours.leaseKeys((message as LeaseKeysAsk).id, question, context)
        return
      case 'snapshot.begin':
      case 'snapshot.chunk':
        this.#snapshots.question(message, question, context)
        return
      case 'watch.history':
        this.#history.take(message as WatchHistory, question, context)
        return
      case 'watch.previous':
        this.#history.previous(message as WatchPrevious, question, context)
        return
      default:
        context.log.warn({ kind: message.kind }, 'a question this actor does not know')
    }
  }

  #write({ command }: KvWrite, question: Question, context: Context): void {
    const refusal = this.#admission.refusal(command, context)
    if (refusal === undefined) this.#writes.take(command, question, context)
    else refuse(question, refusal, context)
  }

  #raftMessage(carrier: RaftCarrier, from: Address, context: Context): void {
    const message = this.#fence.pass(carrier, from, context)
    if (message === undefined) return
    this.#replica.raft.step({ type: 'message', message })
    this.#replica.actSoon(context)
  }

  #hearEarly(tag: string): void {
    for (const message of this.#fence.landed(tag)) {
      this.#replica.raft.step({ type: 'message', message })
    }
  }

  /** Others know this member by another data directory: what this one promised before is lost. */
  #stranger({ peer }: GroupStranger, from: Address, context: Context): void {
    if (peer === this.#replica.self) refuseToStart(from, context)
  }

  #flush(context: Context): void {
    this.#writes.flush(context)
    this.#reads.walk(context)
    this.#act(context)
  }

  #act(context: Context): void {
    this.#reads.flush()
    this.#effects.run(context)
    this.#reads.applied(context)
    this.#keepTicking(context)
    this.#scrubber.soon(context)
  }

  #tick(context: Context): void {
    this.#ticking = false
    this.#ticks += 1
    if (!this.#effects.quiet) this.#replica.raft.step({ type: 'tick' })
    this.#writes.expire(context)
    this.#reads.expire(context)
    this.#scrubber.expire(context)
    this.#snapshots.resume(context)
    if (this.#ticks % PROMOTE_TICKS === 0) this.#membership.promoteNewcomers(context)
    this.#flush(context)
  }

  /** On the grid of the clock, so that all groups of a shard tick in one turn and share its frames. */
  #keepTicking(context: Context): void {
    const waiting = this.#writes.waiting + this.#reads.waiting + this.#scrubber.waiting
    const idle = this.#effects.quiet && waiting === 0
    if (this.#ticking || idle) return
    this.#ticking = true
    const { tickMs } = this.#replica.options.limits
    context.setTimer('tick', tickMs - (context.nowMs % tickMs))
  }

  #snapshotHooks(): SnapshotHooks {
    return {
      interrupted: (context) => {
        this.#reads.interrupt(context)
        this.#history.interrupt(context)
        this.#values.interrupt(context)
      },
      replaced: (context) => this.#neighbours.greet(context),
    }
  }
}

function raftConfig(recovered: Recovered, options: TreeOptions, context: Context): RaftConfig {
  const { limits } = options
  return {
    ...RAFT_DEFAULTS,
    self: recovered.self,
    // Peers must never draw alike, even where their hosts do.
    seed: (context.random(2 ** 31) + recovered.self * 0x9e3779b1) % 2 ** 31,
    electionTicks: limits.electionTicks,
    catchUpEntries: limits.keepEntries,
    quiesceTicks: limits.quiesceTicks,
    maxUncommittedBytes: limits.maxUncommittedBytes,
  }
}
