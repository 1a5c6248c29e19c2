/**
 * What must be there before clients come: the namespace, money in all accounts, the keys that never change. Each
 * step goes again until it is done; what is written is the same however often.
 */

import type { FlareCalls } from '../../src/actors/flare/flare-calls.ts'
import { timestamp } from '../../src/core/region/types.ts'
import { balanceValue, bodyOf, type KeySpace, OPENING_BALANCE } from '../workloads/flare/keys.ts'
import { bytesOf } from '../workloads/requests.ts'
import type { Kernel } from '../world/kernel.ts'

const AGAIN_US = 200_000

export class Setup {
  readonly #kernel: Kernel
  readonly #keys: KeySpace
  readonly #calls: () => FlareCalls | undefined
  #step = 0
  done = false

  constructor(kernel: Kernel, keys: KeySpace, calls: () => FlareCalls | undefined) {
    this.#kernel = kernel
    this.#keys = keys
    this.#calls = calls
  }

  run(): void {
    const calls = this.#calls()
    const number = ++this.#step
    // Whoever was asked may die: then another is.
    this.#soon(AGAIN_US * 25, () => number === this.#step && this.run())
    if (calls === undefined) this.#soon(AGAIN_US, () => number === this.#step && this.run())
    else this.#accounts(calls, number)
  }

  #accounts(calls: FlareCalls, number: number): void {
    this.#stamped(calls, number, (start) => {
      const mutations = this.#keys.accounts.map((key) => ({
        namespace: '',
        key: bytesOf(key),
        action: 'insert' as const,
        value: bytesOf(balanceValue(OPENING_BALANCE, 'opening')),
      }))
      calls.commit(timestamp(start), mutations, (told) => {
        if (number !== this.#step) return
        const there = told.ok && (told.value.type === 'committed' || told.value.reason === 'exists')
        if (there) this.#body(calls, number)
        else this.#again(number)
      })
    })
  }

  #body(calls: FlareCalls, number: number): void {
    const ops = this.#keys.body.map((key) => ({
      key: bytesOf(key),
      action: 'put' as const,
      value: bytesOf(bodyOf(key)),
      ttlMs: 0,
      expect: undefined,
    }))
    calls.batch('', ops, undefined, (told) => {
      if (number !== this.#step) return
      this.done = told.ok && told.value.every(({ outcome }) => outcome.type === 'written')
      if (!this.done) this.#again(number)
      else this.#step++
    })
  }

  #stamped(calls: FlareCalls, number: number, then: (start: bigint) => void): void {
    calls.stamps(1, (told) => {
      if (number !== this.#step) return
      if (told.ok) then(told.value.first)
      else this.#again(number)
    })
  }

  #again(number: number): void {
    this.#soon(AGAIN_US, () => number === this.#step && this.run())
  }

  #soon(delayUs: number, run: () => void): void {
    this.#kernel.after(delayUs, { node: '', kind: 'setup' }, run)
  }
}
