/** Transactions of one client: money between two accounts, elements behind lists. */

import type { NamedMutation } from '../../../src/actors/flare/flare.ts'
import type { Outcome } from '../../../src/actors/flare/outcome.ts'
import { timestamp } from '../../../src/core/region/types.ts'
import { bytesOf } from '../requests.ts'
import { type Connection, type Desk, seen } from './desk.ts'
import type { TxnCall } from './history.ts'
import { balanceIn, balanceValue, elementsIn } from './keys.ts'

const LONGEST_TXN_US = 6_000_000

export class Transactions {
  readonly #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
  }

  transfer(at: Connection): void {
    const { accounts } = this.#desk.place.keys
    const from = this.#desk.random.pick(accounts)
    const to = this.#desk.random.pick(accounts.filter((each) => each !== from))
    const amount = this.#desk.random.between(1, 10)
    this.#transact(at, 'transfer', [from, to], (call) => {
      const by = this.#desk.unique()
      const change = (key: string, sum: number): void => {
        const row = call.reads.find((each) => each.key === key)
        if (row === undefined) return
        call.writes.push({ key, value: balanceValue(balanceIn(row.value) + sum, by) })
      }
      change(from, -amount)
      change(to, amount)
    })
  }

  append(at: Connection): void {
    const { lists } = this.#desk.place.keys
    const touched = this.#desk.random.subset(lists).slice(0, 3)
    const appended = this.#desk.random.below(4) === 0 ? [] : this.#desk.random.subset(touched)
    this.#transact(at, 'append', touched, (call) => {
      for (const key of appended) {
        const row = call.reads.find((each) => each.key === key)
        const element = this.#desk.unique()
        call.appends.push({ key, element })
        call.writes.push({ key, value: [...elementsIn(row?.value), element].join() })
      }
    })
  }

  /** Reads at its start, writes what `decide` makes of it, commits. */
  #transact(
    at: Connection,
    work: TxnCall['work'],
    keys: readonly string[],
    decide: (call: TxnCall) => void,
  ): void {
    const call: TxnCall = {
      type: 'txn',
      work,
      start: 0n,
      reads: [],
      readKeys: [],
      writes: [],
      appends: [],
      outcome: undefined,
      ...this.#desk.begun(),
    }
    this.#desk.begin(call)
    at.calls.stamps(1, (drawn) => {
      if (this.#desk.open !== call) return
      if (!drawn.ok) {
        this.#refused(call, drawn)
        return
      }
      call.start = drawn.value.first
      at.calls.get('', keys.map(bytesOf), drawn.value.first, (found) => {
        if (this.#desk.open !== call) return
        if (!found.ok) {
          this.#refused(call, found)
          return
        }
        call.reads.push(...found.value.map(seen))
        call.readKeys.push(...keys)
        decide(call)
        // A client may think for long, while others take its locks for those of a dead one.
        this.#commit(at, call)
      })
    })
  }

  #commit(at: Connection, call: TxnCall): void {
    const late = this.#desk.place.kernel.nowUs - call.invokeUs > LONGEST_TXN_US
    if (call.writes.length === 0 || late) {
      call.outcome = call.writes.length === 0 ? { type: 'committed', at: call.start } : ABORTED
      this.#desk.end()
      return
    }
    const mutations = call.writes.map(
      ({ key, value }): NamedMutation => ({
        namespace: '',
        key: bytesOf(key),
        action: 'put',
        value: bytesOf(value),
      }),
    )
    at.calls.commit(timestamp(call.start), mutations, (told) => {
      if (this.#desk.open !== call) return
      if (!told.ok) call.outcome = told.problem
      else if (told.value.type === 'committed') call.outcome = told.value
      else call.outcome = ABORTED
      this.#desk.answered(told)
    })
  }

  /** Before anything was written. */
  #refused(call: TxnCall, told: Outcome<unknown>): void {
    call.outcome = ABORTED
    this.#desk.answered(told)
  }
}

const ABORTED = { type: 'aborted' } as const
