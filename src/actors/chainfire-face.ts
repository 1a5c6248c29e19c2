/**
 * Chainfire over this node's actors: turns each call into one question to the right actor of this node
 * and its answer into an outcome. Holds no state but what watch streams need to go on; proposes nothing twice.
 *
 * `ChainfireCalls` is the ground with callbacks, which run on the shard's own turns; `chainfireFace` is
 * the same with promises.
 */

import type { GroupId, NodeName } from '../base/ids.ts'
import type {
  Command,
  CommandResult,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
} from '../core/kv/types.ts'
import type { WatchResponse } from '../core/watch/types.ts'
import type { AskOutcome } from '../runtime/actor.ts'
import { type Address, address } from '../runtime/address.ts'
import type { Message } from '../runtime/message.ts'
import type { Outside } from '../runtime/outside.ts'
import { encodeCommand } from '../wire/command.ts'
import type {
  GroupStatusIs,
  KvFailed,
  KvRangeDone,
  KvRefused,
  KvScrubbedDone,
  KvViewDone,
  KvWriteDone,
} from '../wire/messages/group.ts'
import type { LeaseListIs, LeaseRenewed, LeaseTimeToLiveIs } from '../wire/messages/lease.ts'
import type { WatchDeliver, WatchStreamMessage } from '../wire/messages/watch.ts'
import type { Chainfire, GroupStatus, LeaseTimeToLive, Outcome, WatchStream } from './chainfire.ts'
import { RECOVERING } from './raft-group/status.ts'
import { WatchResume } from './watch-resume.ts'

export interface FaceOptions {
  readonly node: NodeName
  readonly group: GroupId
  /** The shard whose thread uses this face; its watch door serves the streams. */
  readonly shard: number
  /** What a call may take at most; a little more than the group's own limit. */
  readonly timeoutMs: number
}

type Done<T> = (outcome: Outcome<T>) => void

export class ChainfireCalls {
  readonly #outside: Outside
  readonly #options: FaceOptions
  readonly #group: Address
  readonly #expirer: Address

  constructor(outside: Outside, options: FaceOptions) {
    this.#outside = outside
    this.#options = options
    this.#group = address(options.node, 'raft-group', options.group)
    this.#expirer = address(options.node, 'lease-expirer', options.group)
  }

  range(request: RangeRequest, done: Done<RangeResponse>): void {
    const ask = { kind: 'kv.range', request }
    this.#ask(this.#group, ask, done, (message: KvRangeDone) => message.response)
  }

  view(request: TxnRequest, done: Done<TxnResponse>): void {
    const ask = { kind: 'kv.view', request }
    this.#ask(this.#group, ask, done, (message: KvViewDone) => message.response)
  }

  scrubbed(revision: number, done: Done<undefined>): void {
    const ask = { kind: 'kv.scrubbed', revision }
    this.#ask(this.#group, ask, done, (_: KvScrubbedDone) => undefined)
  }

  write(command: Command, done: Done<CommandResult>): void {
    const ask = { kind: 'kv.write', command: encodeCommand(command) }
    this.#ask(this.#group, ask, done, (message: KvWriteDone) => message.result)
  }

  keepAlive(id: bigint, done: Done<{ readonly ttl: number }>): void {
    const ask = { kind: 'lease.keep-alive', id, forwarded: false }
    this.#ask(this.#expirer, ask, done, (message: LeaseRenewed) => ({ ttl: message.ttl }))
  }

  timeToLive(id: bigint, keys: boolean, done: Done<LeaseTimeToLive>): void {
    const ask = { kind: 'lease.time-to-live', id, keys, forwarded: false }
    this.#ask(this.#expirer, ask, done, (message: LeaseTimeToLiveIs) => ({
      ttl: message.ttl,
      grantedTtl: message.grantedTtl,
      keys: message.keys,
    }))
  }

  leases(done: Done<readonly bigint[]>): void {
    this.#ask(this.#expirer, { kind: 'lease.list' }, done, (message: LeaseListIs) => message.ids)
  }

  status(done: (status: GroupStatus) => void): void {
    const { timeoutMs } = this.#options
    this.#outside.askThen(this.#group, { kind: 'group.status' }, timeoutMs, (outcome) => {
      const known = outcome.ok && outcome.message.kind === 'group.status-is'
      done(known ? (outcome.message as GroupStatusIs) : RECOVERING)
    })
  }

  watch(window: number, deliver: (response: WatchResponse) => void): WatchStream {
    const { node, shard, group } = this.#options
    const door = address(node, 'watch-door', String(shard))
    const resume = new WatchResume()
    const port = this.#outside.open((message) => {
      if (message.kind === 'watch.lost') open()
      else if (message.kind === 'watch.deliver') {
        const { response } = message as WatchDeliver
        if (resume.heard(response)) deliver(response)
      }
    })
    const tell = (message: WatchStreamMessage): void => port.send(door, message)
    const open = (): void => {
      tell({ kind: 'watch.open', group, window })
      for (const request of resume.again()) tell({ kind: 'watch.create', request })
      for (const watchId of resume.cancels()) tell({ kind: 'watch.cancel', watchId })
    }
    open()
    return {
      create: (request) => {
        resume.asked(request)
        tell({ kind: 'watch.create', request })
      },
      cancel: (watchId) => {
        resume.cancelAsked(watchId)
        tell({ kind: 'watch.cancel', watchId })
      },
      progress: () => tell({ kind: 'watch.progress' }),
      consumed: (responses) => tell({ kind: 'watch.consumed', responses }),
      close: () => {
        tell({ kind: 'watch.close' })
        port.close()
      },
    }
  }

  #ask<M extends { readonly header: { readonly revision: number; readonly term: number } }, T>(
    to: Address,
    message: Message,
    done: Done<T>,
    value: (answer: M & Message) => T,
  ): void {
    this.#outside.askThen(to, message, this.#options.timeoutMs, (outcome) => {
      const failure = failureOf(outcome)
      if (failure !== undefined) {
        done(failure)
        return
      }
      const answer = (outcome as { readonly message: Message }).message as M & Message
      done({ ok: true, header: answer.header, value: value(answer) })
    })
  }
}

type Failure = Extract<Outcome<never>, { readonly ok: false }>

function failureOf(outcome: AskOutcome): Failure | undefined {
  if (!outcome.ok) return { ok: false, unavailable: unavailable(outcome.reason) }
  const { message } = outcome
  if (message.kind === 'kv.refused') {
    return { ok: false, unavailable: (message as KvRefused).reason }
  }
  if (message.kind !== 'kv.failed') return undefined
  const { header, error } = message as KvFailed
  return { ok: false, header, error }
}

/** `failed`: the actor died with the question in hand, and what it had proposed may yet be committed. */
function unavailable(reason: 'timeout' | 'overloaded' | 'unreachable' | 'failed') {
  if (reason === 'unreachable') return 'no-leader'
  return reason === 'failed' ? 'leader-changed' : reason
}

export function chainfireFace(outside: Outside, options: FaceOptions): Chainfire {
  const calls = new ChainfireCalls(outside, options)
  return {
    range: (request) => new Promise((done) => calls.range(request, done)),
    view: (request) => new Promise((done) => calls.view(request, done)),
    scrubbed: (revision) => new Promise((done) => calls.scrubbed(revision, done)),
    write: (command) => new Promise((done) => calls.write(command, done)),
    keepAlive: (id) => new Promise((done) => calls.keepAlive(id, done)),
    timeToLive: (id, keys) => new Promise((done) => calls.timeToLive(id, keys, done)),
    leases: () => new Promise((done) => calls.leases(done)),
    status: () => new Promise((done) => calls.status(done)),
    watch: (window, deliver) => calls.watch(window, deliver),
  }
}
