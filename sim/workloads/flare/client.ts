/**
 * One client of FlareDB: one operation at a time on one node, through the same calls as the doors use. It may
 * die in the middle of any; then it comes back elsewhere, and knows nothing.
 */

import { FlareCalls } from '../../../src/actors/flare/flare-calls.ts'
import type { Outcome } from '../../../src/actors/flare/outcome.ts'
import { nodeName } from '../../../src/base/ids.ts'
import { Outside } from '../../../src/runtime/outside.ts'
import type { Shard } from '../../../src/runtime/shard.ts'
import { hashText } from '../../world/hash.ts'
import type { Stream } from '../../world/random.ts'
import { type Connection, type Desk, type FlareWorkplace, RECONNECT_US } from './desk.ts'
import type { FlareCall } from './history.ts'
import { Mortal } from './mortal.ts'
import { PlainWrites } from './plain-writes.ts'
import { Reads } from './reads.ts'
import { askStale } from './stale.ts'
import { Transactions } from './transactions.ts'

const TIMEOUT_MS = 5000
const RETRIES = 3

export class FlareClient implements Desk {
  readonly name: string
  readonly place: FlareWorkplace
  readonly random: Stream
  readonly known = new Map<string, bigint>()
  readonly #writes: PlainWrites
  readonly #reads = new Reads(this)
  readonly #txns = new Transactions(this)
  #connection: Connection | undefined
  #open: FlareCall | undefined
  /** What to do about the open call on another connection. */
  #retry: (() => void) | undefined
  #retries = 0
  #made = 0
  #done = false

  constructor(place: FlareWorkplace, random: Stream, number: number) {
    this.name = `c${number}`
    this.place = place
    this.random = random
    this.#writes = new PlainWrites(this, number % 2 === 0)
  }

  get connection(): Connection | undefined {
    return this.#connection
  }

  get retries(): number {
    return this.#retries
  }

  /** No more calls, and none open. */
  get finished(): boolean {
    return this.#done && this.#open === undefined
  }

  /** The call that waits for an answer, if any. */
  get open(): FlareCall | undefined {
    return this.#open
  }

  start(): void {
    this.later(this.random.below(50_000))
  }

  /** The node, or one shard of it, died under this client. */
  connectionLost(node: string, shard: number | undefined): void {
    const mine = this.#connection
    if (mine === undefined || mine.node !== node) return
    if (shard !== undefined && mine.number !== shard) return
    this.#lose(mine)
  }

  #lose(connection: Connection): void {
    connection.gate.kill()
    if (this.#connection !== connection) return
    this.#connection = undefined
    if (this.#open === undefined) return
    if (this.#retry === undefined) this.#open = undefined
    this.later(RECONNECT_US)
  }

  later(delayUs: number): void {
    const label = { node: this.name, kind: 'client' }
    this.place.kernel.after(delayUs, label, () => this.#next())
  }

  #next(): void {
    if (this.#connect() === undefined || (this.place.silent() && this.#open === undefined)) {
      this.later(RECONNECT_US)
      return
    }
    if (this.#open !== undefined) {
      this.#again()
      return
    }
    if (!this.place.mayCall()) {
      this.#done = true
      return
    }
    this.#act(this.#connection as Connection)
  }

  #again(): void {
    const retry = this.#retry
    if (retry === undefined) return
    if (this.#retries++ < RETRIES) retry()
    else this.end()
  }

  #connect(): Connection | undefined {
    if (this.#open === undefined && this.random.below(25) === 0) this.#leave()
    if (this.#connection !== undefined) return this.#connection
    const entrance = this.place.enter(this.random)
    if (entrance === undefined) return undefined
    const gate = new Mortal(gateOf(entrance.shard), () => this.#lose(connection))
    const outside = new Outside(gate)
    const calls = FlareCalls.over(outside, { node: nodeName(entrance.node), timeoutMs: TIMEOUT_MS })
    const connection: Connection = { ...entrance, gate, outside, calls }
    this.#connection = connection
    return connection
  }

  #leave(): void {
    this.#connection?.gate.kill()
    this.#connection = undefined
  }

  #act(at: Connection): void {
    const random = this.random
    const { keys, mix } = this.place
    if (random.below(20) === 0) at.gate.dieAfter(random.between(1, 10))
    const some = [...keys.registers, ...keys.accounts, ...keys.lists]
    switch (mix.draw(random)) {
      case 'put':
        this.#writes.write(random.pick(keys.registers), this.unique(), undefined)
        return
      case 'delete':
        this.#writes.write(random.pick(keys.registers), undefined, undefined)
        return
      case 'compare-and-set': {
        const key = random.pick(keys.registers)
        this.#writes.write(key, this.unique(), this.known.get(key) ?? 0n)
        return
      }
      case 'get':
        this.#reads.get(at, random.subset(keys.registers), undefined)
        return
      case 'get-past':
        this.#reads.stamped(at, (stamp) => this.#reads.get(at, random.subset(some), stamp))
        return
      case 'scan':
        this.#reads.scan(at, undefined)
        return
      case 'scan-past':
        this.#reads.stamped(at, (stamp) => this.#reads.scan(at, stamp))
        return
      case 'sum':
        this.#reads.stamped(at, (stamp) => this.#reads.get(at, keys.accounts, stamp))
        return
      case 'transfer':
        this.#txns.transfer(at)
        return
      case 'append':
        this.#txns.append(at)
        return
      case 'stamps':
        this.#reads.stamps(at, random.between(1, 50), () => this.end())
        return
      case 'stale':
        askStale(this, at)
    }
  }

  unique(): string {
    return `${this.name}.${++this.#made}`
  }

  begun(): Pick<FlareCall, 'client' | 'node' | 'invokeUs' | 'returnUs'> {
    const node = this.#connection?.node ?? ''
    return { client: this.name, node, invokeUs: this.place.kernel.nowUs, returnUs: undefined }
  }

  begin(call: FlareCall): void {
    this.#open = call
    this.#retry = undefined
    this.#retries = 0
    this.place.calls.push(call)
  }

  retryBy(send: () => void): void {
    this.#retry = send
  }

  leaveOpen(): void {
    this.#open = undefined
  }

  answered(told: Outcome<unknown>): void {
    const { kernel } = this.place
    kernel.note(this.name, 'answered', told.ok ? 1 : hashText(told.problem.reason))
    if (!told.ok && told.problem.reason === 'unavailable') this.#leave()
    this.end()
  }

  end(): void {
    const call = this.#open
    if (call !== undefined) call.returnUs = this.place.kernel.nowUs
    this.#open = undefined
    this.#retry = undefined
    this.later(this.random.tailed(0, this.place.paceUs * 16))
  }
}

const gateOf = ({ outside }: Shard) => ({
  ask: outside.askThen.bind(outside),
  open: outside.open.bind(outside),
  nowMs: () => outside.nowMs(),
  later: outside.later.bind(outside),
})
