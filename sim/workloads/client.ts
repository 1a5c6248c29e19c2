/**
 * One client: one operation at a time on one node, through the same face as the doors use. When its
 * node or shard dies it has lost its connection: the call stays unanswered, and it goes elsewhere.
 */

import type { Chainfire, Outcome } from '../../src/actors/chainfire.ts'
import { assert } from '../../src/base/assert.ts'
import { checkPut, checkTxn } from '../../src/core/kv/txn-check.ts'
import { onlyReads } from '../../src/core/kv/txn-scan.ts'
import type {
  Command,
  CommandResult,
  KeyValue,
  RangeRequest,
  RequestOp,
  TxnRequest,
  TxnResponse,
} from '../../src/core/kv/types.ts'
import { keyText } from '../checkers/timeline.ts'
import { hashText } from '../world/hash.ts'
import type { Kernel } from '../world/kernel.ts'
import type { Stream } from '../world/random.ts'
import { type Call, type History, headerOf } from './history.ts'
import type { Mix, Operation } from './mix.ts'
import { modIs, put, putOf, rangeOf, remove, txn, valueIs } from './requests.ts'

/** A client's way into the cluster: a thread of a node. */
export interface Connection {
  readonly node: string
  readonly shard: number
  readonly chainfire: Chainfire
}

/** What all clients of a run share. */
export interface Workplace {
  readonly kernel: Kernel
  readonly history: History
  readonly keys: readonly string[]
  readonly mix: Mix
  /** Microseconds between an answer and the next call, about. */
  readonly paceUs: number
  /** Leases that any of them was granted. */
  readonly leases: { readonly id: bigint; readonly ttl: number }[]
  /** The highest revision that anyone was told of. */
  seenRevision: number
  /** Undefined: no node is up. */
  connect(random: Stream): Connection | undefined
  /** Counts one more call; false once the run has had its share. */
  mayCall(): boolean
  /** Nobody calls now. */
  silent(): boolean
  /** A promise may be about to run. */
  stir(): void
}

/** etcd's limit for the operations of one transaction. */
const MAX_OPS = 128
const RECONNECT_US = 150_000

export class Client {
  readonly name: string
  readonly #place: Workplace
  readonly #random: Stream
  readonly #number: number
  readonly #known = new Map<string, KeyValue>()
  #connection: Connection | undefined
  #open: Call | undefined
  #made = 0
  #done = false

  constructor(place: Workplace, random: Stream, number: number) {
    this.name = `c${number}`
    this.#number = number
    this.#place = place
    this.#random = random
  }

  /** No more calls, and none open. */
  get finished(): boolean {
    return this.#done && this.#open === undefined
  }

  /** The call that waits for an answer, if any. */
  get open(): Call | undefined {
    return this.#open
  }

  start(): void {
    this.#later(this.#random.below(50_000))
  }

  /** The node, or one shard of it, died under this client. */
  connectionLost(node: string, shard: number | undefined): void {
    const mine = this.#connection
    if (mine === undefined || mine.node !== node) return
    if (shard !== undefined && mine.shard !== shard) return
    this.#connection = undefined
    if (this.#open === undefined) return
    this.#open = undefined
    this.#later(RECONNECT_US)
  }

  #later(delayUs: number): void {
    const label = { node: this.name, kind: 'client' }
    this.#place.kernel.after(delayUs, label, () => this.#next())
  }

  #next(): void {
    if (this.#place.silent()) {
      this.#later(RECONNECT_US)
      return
    }
    if (this.#random.below(40) === 0) this.#connection = undefined
    this.#connection ??= this.#place.connect(this.#random)
    if (this.#connection === undefined) {
      this.#later(RECONNECT_US)
      return
    }
    if (!this.#place.mayCall()) {
      this.#done = true
      return
    }
    this.#place.stir()
    this.#call(this.#place.mix.draw(this.#random), this.#connection)
  }

  #call(operation: Operation, at: Connection): void {
    const key = this.#random.pick(this.#place.keys)
    const request = this.#reading(operation, key)
    if (request) this.#range(at, request)
    else if (operation === 'keep-alive' || operation === 'time-to-live') this.#lease(operation, at)
    else if (operation === 'get-together') this.#view(at, key)
    else this.#write(at, this.#command(operation, key))
  }

  #reading(operation: Operation, key: string): RangeRequest | undefined {
    const random = this.#random
    if (operation === 'get') return rangeOf(key)
    if (operation === 'get-serializable') return rangeOf(key, '', { serializable: true })
    if (operation === 'get-range') return rangeOf(key, '\0', { limit: random.below(4) })
    if (operation !== 'get-past') return undefined
    const revision = Math.max(1, this.#place.seenRevision - random.below(60))
    return rangeOf(key, '\0', { revision, serializable: random.below(2) === 0 })
  }

  #command(operation: Operation, key: string): Command {
    const random = this.#random
    const value = `${this.name}.${++this.#made}`
    const lease = this.#someLease()
    switch (operation) {
      case 'delete':
        return remove(key, '', random.below(2) === 0)
      case 'delete-range':
        return remove(key, '\0')
      case 'compare-and-set':
        return this.#compareAndSet(key, value)
      case 'write-several':
        return txn(
          [],
          random
            .subset(this.#place.keys)
            .map((each) => ({ op: 'put', request: putOf(each, value) })),
        )
      case 'lease-grant':
        return { op: 'lease-grant', id: this.#newLease(), ttl: random.between(2, 8) }
      case 'lease-attach':
        return put(key, value, { lease: lease?.id ?? 0n })
      case 'lease-revoke':
        return { op: 'lease-revoke', id: lease?.id ?? 1n, term: 0, granted: 0 }
      case 'compact':
        return { op: 'compact', revision: Math.max(1, this.#place.seenRevision - random.below(80)) }
      default:
        return put(key, value, { prevKv: random.below(4) === 0 })
    }
  }

  /** Right when it guesses the pair as this client last saw it, which others may have changed since. */
  #compareAndSet(key: string, value: string): Command {
    const known = this.#known.get(key)
    const compare =
      known === undefined
        ? modIs(key, 0)
        : this.#random.below(2) === 0
          ? modIs(key, known.modRevision)
          : valueIs(key, keyText(known.value))
    return txn(
      [compare],
      [{ op: 'put', request: putOf(key, value) }],
      [{ op: 'range', request: rangeOf(key) }],
    )
  }

  #newLease(): bigint {
    return BigInt(this.#number * 1_000_000 + ++this.#made)
  }

  #someLease(): { id: bigint; ttl: number } | undefined {
    const { leases } = this.#place
    return leases.length === 0 ? undefined : this.#random.pick(leases.slice(-6))
  }

  #range(at: Connection, request: RangeRequest): void {
    const call: Call = { type: 'range', request, outcome: undefined, ...this.#begun(at) }
    this.#await(call, at.chainfire.range(request))
  }

  /** Asks for nothing that a door would refuse before any actor heard of it. */
  #write(at: Connection, command: Command): void {
    if (command.op === 'put') assert(checkPut(command.request) === undefined, 'a valid put')
    if (command.op === 'txn')
      assert(checkTxn(command.request, MAX_OPS) === undefined, 'a valid txn')
    const call: Call = { type: 'write', command, outcome: undefined, ...this.#begun(at) }
    this.#await(call, at.chainfire.write(command))
  }

  /** In the history a transaction like any other: what it answers is held to the same rules. */
  #view(at: Connection, key: string): void {
    const read = (each: string): RequestOp => ({ op: 'range', request: rangeOf(each) })
    const request: TxnRequest = {
      compare: [modIs(key, this.#known.get(key)?.modRevision ?? 0)],
      success: this.#random.subset(this.#place.keys).map(read),
      failure: [{ op: 'range', request: rangeOf(key, '\0') }],
    }
    assert(onlyReads(request), 'a view only reads')
    const command: Command = { op: 'txn', request }
    const call: Call = { type: 'write', command, outcome: undefined, ...this.#begun(at) }
    this.#await(call, at.chainfire.view(request).then(asWrite))
  }

  #lease(type: 'keep-alive' | 'time-to-live', at: Connection): void {
    const id = this.#someLease()?.id ?? 1n
    const begun = this.#begun(at)
    if (type === 'keep-alive') {
      this.#await({ type, id, outcome: undefined, ...begun }, at.chainfire.keepAlive(id))
    } else {
      this.#await({ type, id, outcome: undefined, ...begun }, at.chainfire.timeToLive(id, true))
    }
  }

  #begun(at: Connection): Pick<Call, 'client' | 'node' | 'invokeUs' | 'returnUs'> {
    const invokeUs = this.#place.kernel.nowUs
    return { client: this.name, node: at.node, invokeUs, returnUs: undefined }
  }

  #await(call: Call, answer: Promise<Outcome<unknown>>): void {
    this.#open = call
    this.#place.history.calls.push(call)
    answer.then((outcome) => {
      if (this.#open !== call) return
      this.#open = undefined
      const { kernel } = this.#place
      call.outcome = outcome as never
      call.returnUs = kernel.nowUs
      kernel.note(this.name, 'answered', digestOf(outcome))
      this.#learn(call)
      this.#later(this.#random.tailed(0, this.#place.paceUs * 16))
    })
  }

  #learn(call: Call): void {
    const header = headerOf(call)
    if (header) this.#place.seenRevision = Math.max(this.#place.seenRevision, header.revision)
    const { outcome } = call
    if (outcome === undefined || !('value' in outcome)) {
      if (outcome && 'unavailable' in outcome) this.#connection = undefined
      return
    }
    if (call.type === 'range') {
      const { kvs } = outcome.value as { kvs: readonly KeyValue[] }
      for (const kv of kvs) this.#known.set(keyText(kv.key), kv)
    }
    if (call.type === 'write' && call.command.op === 'lease-grant') {
      this.#place.leases.push({ id: call.command.id, ttl: call.command.ttl })
    }
  }
}

function digestOf(outcome: Outcome<unknown>): number {
  if ('unavailable' in outcome) return hashText(outcome.unavailable)
  return outcome.header.revision * 2 + Number(outcome.ok)
}

function asWrite(outcome: Outcome<TxnResponse>): Outcome<CommandResult> {
  return outcome.ok ? { ...outcome, value: { op: 'txn', response: outcome.value } } : outcome
}
