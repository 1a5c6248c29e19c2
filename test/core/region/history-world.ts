/**
 * Clients at random: compare-and-swaps, transactions over two regions, readers at timestamps, who resolve the locks
 * they meet; leaders fall, words come late or twice, clients stop at any step. Afterwards everything that anybody
 * was told must agree with the versions on disk.
 */

import assert from 'node:assert/strict'
import { EMPTY } from '../../../src/base/bytes.ts'
import { NEVER } from '../../../src/core/region/timestamps.ts'
import type {
  FoundRow,
  Lock,
  RegionAnswer,
  RegionCommand,
  Timestamp,
} from '../../../src/core/region/types.ts'
import { namespaceId, regionId } from '../../../src/core/region/types.ts'
import { TxnCommit } from '../../../src/core/txn/commit.ts'
import type { TxnAnswer, TxnAsk, TxnMutation, TxnOutcome } from '../../../src/core/txn/types.ts'
import {
  checkTxn,
  commit,
  get,
  mutation,
  prewrite,
  put,
  rollback,
  scan,
  write,
} from './commands.ts'
import {
  bytesOf,
  Disk,
  descriptorOf,
  Oracle,
  type Outcome,
  RegionBed,
  textOf,
} from './region-bed.ts'

const KEYS = ['a', 'b', 'c', 'p', 'q', 'r']
const BORDER = 'm'

export interface Txn {
  readonly start: Timestamp
  readonly keys: readonly string[]
  committed: Timestamp | undefined
  known: 'committed' | 'rolled-back' | undefined
  readonly seen: Map<string, string | undefined>
}

interface Seen {
  readonly at: Timestamp
  readonly keys: readonly string[]
  readonly rows: readonly FoundRow[]
}

export class World {
  readonly oracle = new Oracle()
  readonly disk = new Disk()
  readonly left = new RegionBed(
    descriptorOf({ id: regionId(1), to: bytesOf(BORDER) }),
    this.disk,
    this.oracle,
  )
  readonly right = new RegionBed(
    descriptorOf({ id: regionId(2), from: bytesOf(BORDER) }),
    this.disk,
    this.oracle,
  )
  readonly txns: Txn[] = []
  readonly seen: Seen[] = []
  /** Of the coordinator. */
  readonly ends = { committed: 0, aborted: 0, undetermined: 0 }
  /** By version, as acknowledged. */
  readonly acked: {
    key: string
    value: string
    version: Timestamp
    expected: Timestamp | undefined
  }[] = []
  readonly #clients: Iterator<void, void, void>[] = []
  readonly #late: (() => void)[] = []
  #state: number
  #values = 0

  constructor(seed: number) {
    this.#state = seed
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) this.#step()
    for (let i = 0; this.#clients.length > 0 && i < 100_000; i++) this.#go()
    for (const late of this.#late) late()
    this.left.settle()
    this.right.settle()
    this.#resolveAll()
  }

  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % bound
  }

  #step(): void {
    const dice = this.below(100)
    if (dice < 2) this.#depose()
    else if (dice === 3 && this.below(4) === 0) this.oracle.pass(3100)
    else if (dice < 20 && this.#clients.length < 8) this.#clients.push(this.#client())
    else if (dice < 22) this.#late.shift()?.()
    else this.#go()
  }

  #go(): void {
    const bed = this.below(2) === 0 ? this.left : this.right
    if (this.below(2) === 0) bed.step(this.below(64))
    if (this.#clients.length === 0) return
    const at = this.below(this.#clients.length)
    const done = this.#clients[at]?.next().done
    // Some die on the way.
    if (done === true || this.below(60) === 0) this.#clients.splice(at, 1)
  }

  #depose(): void {
    const bed = this.below(2) === 0 ? this.left : this.right
    bed.depose(this.below(bed.proposals.length + 1))
  }

  #client(): Iterator<void, void, void> {
    const dice = this.below(3)
    if (dice === 0) return this.#swap()
    return dice === 1 ? this.#transact() : this.#look()
  }

  bedOf(key: string): RegionBed {
    return key < BORDER ? this.left : this.right
  }

  /** An answer that was told, or nothing if its leader fell. */
  *#ask(bed: RegionBed, command: RegionCommand): Generator<void, Outcome, void> {
    const ticket = bed.submit(command, this.oracle.draw())
    // The same word once more, much later: from a client that did not hear an answer.
    if (this.below(20) === 0) this.#late.push(() => this.#ignored(bed, command))
    while (!bed.outcomes.has(ticket)) yield
    return bed.outcomes.get(ticket) as Outcome
  }

  /** Only what may come twice: what a transaction says. */
  #ignored(bed: RegionBed, command: RegionCommand): void {
    if (command.op !== 'write') bed.submit(command, this.oracle.draw())
  }

  *#swap(): Generator<void, void, void> {
    const key = this.#key()
    const value = this.#value()
    const bed = this.bedOf(key)
    const expect = this.below(2) === 0 ? undefined : yield* this.#newest(key)
    const outcome = yield* this.#ask(bed, write([put(key, value, { expect })]))
    if (outcome.type !== 'result') return
    const { result } = outcome
    if (result.op === 'written') {
      this.acked.push({ key, value, version: result.version, expected: expect })
    }
    if (result.op === 'locked') yield* this.#resolve(result.locks, undefined)
  }

  *#newest(key: string): Generator<void, Timestamp, void> {
    const answer = yield* this.#read(this.bedOf(key), get(undefined, key))
    return answer.op === 'get' ? (answer.rows[0]?.version ?? NEVER) : NEVER
  }

  *#look(): Generator<void, void, void> {
    const at = this.oracle.draw()
    for (let i = 0; i < this.below(3); i++) yield
    const bed = this.below(2) === 0 ? this.left : this.right
    const reverse = this.below(2) === 0
    const keys = KEYS.filter((key) => this.bedOf(key) === bed)
    let { from, to } = bed.replica.descriptor
    const passing: Timestamp[] = []
    const rows: FoundRow[] = []
    for (let i = 0; i < 12; i++) {
      const answer = yield* this.#read(bed, scan(at, { from, to, reverse, passing }))
      if (answer.op === 'locked') {
        passing.push(...(yield* this.#resolve(answer.locks, at)))
      } else if (answer.op === 'scan') {
        rows.push(...answer.rows)
        if (answer.next === undefined) {
          this.seen.push({ at, keys, rows: reverse ? rows.reverse() : rows })
          return
        }
        if (reverse) to = answer.next
        else from = answer.next
      }
      yield
    }
  }

  *#read(
    bed: RegionBed,
    query: Parameters<RegionBed['read']>[0],
  ): Generator<void, RegionAnswer, void> {
    yield
    return bed.read(query)
  }

  *#transact(): Generator<void, void, void> {
    const start = this.oracle.draw()
    const keys = KEYS.filter(() => this.below(3) === 0)
    if (keys.length === 0) return
    const txn: Txn = { start, keys, committed: undefined, known: undefined, seen: new Map() }
    this.txns.push(txn)
    for (const key of keys) {
      const answer = yield* this.#read(this.bedOf(key), get(start, key))
      if (answer.op === 'locked') {
        yield* this.#resolve(answer.locks, undefined)
        txn.known = 'rolled-back'
        return
      }
      const [row] = answer.op === 'get' ? answer.rows : []
      txn.seen.set(key, row && textOf(row.value))
    }
    yield* this.#commit(txn)
  }

  *#commit(txn: Txn): Generator<void, void, void> {
    const { start, keys } = txn
    if (this.below(2) === 0) {
      yield* this.#coordinate(txn)
      return
    }
    const primary = keys[this.below(keys.length)] as string
    const beds = [this.left, this.right].filter((bed) => keys.some((k) => this.bedOf(k) === bed))
    const onePhase = beds.length === 1 && this.below(2) === 0
    for (const bed of beds) {
      const mine = keys.filter((key) => this.bedOf(key) === bed)
      const mutations = mine.map((key) =>
        mutation(key, this.below(4) === 0 ? undefined : `${start}:${key}`),
      )
      const outcome = yield* this.#ask(
        bed,
        prewrite(start, primary, mutations, { onePhase, ttlMs: this.below(2) * 20 + 2 }),
      )
      if (outcome.type !== 'result') return
      const { result } = outcome
      if (result.op === 'locked') yield* this.#resolve(result.locks, undefined)
      if (result.op !== 'prewritten') {
        if (!onePhase) yield* this.#ask(bed, rollback(start, mine))
        return
      }
      if (onePhase && result.committed !== undefined) {
        txn.known = 'committed'
        txn.committed = result.committed
        return
      }
    }
    const at = this.oracle.draw()
    const first = yield* this.#ask(this.bedOf(primary), commit(start, at, [primary]))
    if (first.type !== 'result') return
    if (first.result.op !== 'committed') {
      txn.known =
        first.result.op === 'conflict' && first.result.reason === 'rolled-back'
          ? 'rolled-back'
          : undefined
      return
    }
    txn.known = 'committed'
    txn.committed = at
    for (const key of keys) {
      if (key !== primary) yield* this.#ask(this.bedOf(key), commit(start, at, [key]))
    }
  }

  /** The real coordinator, over a world that loses answers and moves keys. */
  *#coordinate(txn: Txn): Generator<void, void, void> {
    const { start, keys } = txn
    const mutations = keys.map((key) => ({
      namespace: namespaceId(3),
      ...mutation(key, this.below(4) === 0 ? undefined : `${start}:${key}`),
    }))
    const machine = new TxnCommit({ start, elapsedMs: 0, mutations })
    const open: Generator<void, void, void>[] = []
    for (;;) {
      for (const ask of machine.take()) {
        if (ask.type === 'end') this.#ended(txn, ask.outcome)
        else open.push(this.#answer(machine, ask))
      }
      if (open.length === 0) return
      const at = this.below(open.length)
      if (open[at]?.next().done === true) open.splice(at, 1)
      if (this.below(40) === 0) machine.keepAlive(1)
      yield
    }
  }

  #ended(txn: Txn, outcome: TxnOutcome): void {
    assert.equal(txn.known, undefined, 'it ends once')
    this.ends[outcome.type] += 1
    if (outcome.type === 'committed') {
      txn.known = 'committed'
      txn.committed = outcome.at
    } else if (outcome.type === 'aborted') {
      txn.known = 'rolled-back'
    }
  }

  *#answer(machine: TxnCommit, ask: Exclude<TxnAsk, { type: 'end' }>): Generator<void, void, void> {
    yield
    if (this.below(200) === 0) machine.answer(ask.ask, { type: 'failed', text: 'no patience' })
    else if (ask.type === 'command') machine.answer(ask.ask, yield* this.#sent(ask))
    else if (ask.type === 'stamp') {
      machine.answer(ask.ask, { type: 'stamp', stamp: this.oracle.draw() })
    } else if (ask.type === 'pause') machine.answer(ask.ask, { type: 'paused' })
    else if (ask.type === 'group') {
      machine.answer(ask.ask, { type: 'grouped', parts: this.#grouped(ask.mutations) })
    } else {
      yield* this.#resolve(ask.locks, undefined)
      machine.answer(ask.ask, { type: 'cleared', wait: this.below(2) === 0 })
    }
  }

  *#sent(ask: Extract<TxnAsk, { type: 'command' }>): Generator<void, TxnAnswer, void> {
    let lost = false
    const patience = 1 + this.below(4)
    for (let tries = 0; tries < patience; tries++) {
      if (ask.keys.length > 1 && this.below(25) === 0) return { type: 'moved' }
      const bed = this.bedOf(textOf(ask.keys[0] as Uint8Array))
      const outcome = yield* this.#ask(bed, ask.command)
      lost ||= outcome.type === 'undetermined' || this.below(8) === 0
      if (outcome.type === 'result' && this.below(8) > 0) return outcome
      if (outcome.type === 'result') lost = true
    }
    return lost ? { type: 'unknown' } : { type: 'failed', text: 'refused too often' }
  }

  /** By region, and sometimes finer: of two parts in one region none is the worse. */
  #grouped(mutations: readonly TxnMutation[]): (readonly TxnMutation[])[] {
    const parts = [this.left, this.right].map((bed) =>
      mutations.filter(({ key }) => this.bedOf(textOf(key)) === bed),
    )
    const cut = parts.flatMap((part) => {
      const at = this.below(3) === 0 ? this.below(part.length + 1) : 0
      return [part.slice(0, at), part.slice(at)]
    })
    return cut.filter(({ length }) => length > 0)
  }

  /** Ends what is dead, finishes what is committed; gives those that were made to commit above the reader. */
  *#resolve(
    locks: readonly Lock[],
    reader: Timestamp | undefined,
  ): Generator<void, Timestamp[], void> {
    const pushed: Timestamp[] = []
    for (const lock of locks) {
      const primary = textOf(lock.primary)
      const check = checkTxn(primary, lock.start, this.oracle.draw(), reader)
      const outcome = yield* this.#ask(this.bedOf(primary), check)
      if (outcome.type !== 'result' || outcome.result.op !== 'txn-is') continue
      const key = textOf(lock.key)
      const { fate, commit: at } = outcome.result
      if (fate === 'alive' && reader !== undefined) pushed.push(lock.start)
      if (fate === 'rolled-back') yield* this.#ask(this.bedOf(key), rollback(lock.start, [key]))
      if (fate === 'committed' && at !== undefined) {
        yield* this.#ask(this.bedOf(key), commit(lock.start, at, [key]))
      }
    }
    return pushed
  }

  /** Long after, every lock has an end. */
  #resolveAll(): void {
    this.oracle.pass(60_000)
    for (const bed of [this.left, this.right]) {
      const everything = { from: EMPTY, to: EMPTY, limit: 100 }
      const locks = { op: 'locks', ...everything, before: this.oracle.draw() } as const
      const answer = bed.read(locks)
      assert.ok(answer.op === 'locks')
      const resolving = this.#resolve(answer.locks, undefined)
      while (resolving.next().done !== true) {
        this.left.settle()
        this.right.settle()
      }
      assert.deepEqual(bed.read(locks), { op: 'locks', locks: [], next: undefined })
    }
  }

  #key(): string {
    return KEYS[this.below(KEYS.length)] as string
  }

  #value(): string {
    this.#values += 1
    return `v${this.#values}`
  }
}
