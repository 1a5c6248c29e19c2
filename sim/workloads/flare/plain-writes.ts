/** Puts, deletes and compare-and-swaps of one client, some of them marked by a session. */

import type { Problem } from '../../../src/actors/flare/outcome.ts'
import { EMPTY } from '../../../src/base/bytes.ts'
import { type SessionMark, type Timestamp, timestamp } from '../../../src/core/region/types.ts'
import { bytesOf } from '../requests.ts'
import { type Desk, RECONNECT_US } from './desk.ts'
import type { WriteCall } from './history.ts'

export class PlainWrites {
  readonly #desk: Desk
  readonly #marks: boolean
  #session: Timestamp | undefined
  #sequence = 0

  constructor(desk: Desk, marks: boolean) {
    this.#desk = desk
    this.#marks = marks
  }

  /** A marked write whose answer is lost goes again, on whatever connection, under the same mark. */
  write(key: string, value: string | undefined, expect: bigint | undefined): void {
    const call: WriteCall = {
      type: 'write',
      key,
      value,
      expect,
      outcome: undefined,
      ...this.#desk.begun(),
    }
    this.#desk.begin(call)
    if (!this.#marks) {
      this.#send(call, undefined)
      return
    }
    this.#sequence++
    const sequence = this.#sequence
    const send = (): void => {
      const session = this.#session
      if (session === undefined) this.#openSession(send)
      else this.#send(call, { session, sequence, answeredBelow: sequence })
    }
    this.#desk.retryBy(send)
    send()
  }

  #openSession(then: () => void): void {
    this.#desk.connection?.calls.stamps(1, (drawn) => {
      if (!drawn.ok) {
        this.#desk.answered(drawn)
        return
      }
      this.#session = drawn.value.first
      then()
    })
  }

  #send(call: WriteCall, session: SessionMark | undefined): void {
    const { key, value, expect } = call
    const op = {
      key: bytesOf(key),
      action: value === undefined ? ('delete' as const) : ('put' as const),
      value: value === undefined ? EMPTY : bytesOf(value),
      ttlMs: 0,
      expect: expect === undefined ? undefined : timestamp(expect),
    }
    this.#desk.connection?.calls.write('', op, session, (told) => {
      if (this.#desk.open !== call) return
      if (told.ok && told.value.type === 'written') {
        call.outcome = told.value
        this.#desk.known.set(key, value === undefined ? 0n : told.value.version)
      } else if (told.ok && told.value.type === 'mismatch') {
        const found = told.value.versions[0] ?? 0n
        call.outcome = { type: 'mismatch', found }
        this.#desk.known.set(key, found)
      } else if (told.ok) {
        return
      } else if (session !== undefined && told.problem.reason === 'undetermined') {
        this.#desk.later(RECONNECT_US)
        return
      } else {
        // Refused this time, but an earlier sending may have been heard.
        call.outcome = this.#desk.retries > 0 ? OPEN : told.problem
      }
      this.#desk.answered(told)
    })
  }
}

const OPEN: Problem = { reason: 'undetermined', text: 'an earlier sending was not answered' }
