/** Reads and scans of one client, of the newest and at a timestamp, and timestamps themselves. */

import type { ScanPage, Stamps } from '../../../src/actors/flare/flare.ts'
import type { Outcome } from '../../../src/actors/flare/outcome.ts'
import { EMPTY } from '../../../src/base/bytes.ts'
import { bytesOf } from '../requests.ts'
import { type Connection, type Desk, seen, stampOf } from './desk.ts'
import type { ReadCall, Seen, StampsCall } from './history.ts'

const PAGE = 28

export class Reads {
  readonly #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
  }

  get(at: Connection, keys: readonly string[], stamp: bigint | undefined): void {
    const call: ReadCall = {
      type: 'get',
      keys,
      at: stamp,
      reverse: false,
      rows: undefined,
      ...this.#desk.begun(),
    }
    this.#desk.begin(call)
    at.calls.get('', keys.map(bytesOf), stampOf(stamp), (told) => {
      if (this.#desk.open !== call) return
      if (told.ok) {
        call.rows = told.value.map(seen)
        for (const { key, version } of call.rows) this.#desk.known.set(key, version)
      }
      this.#desk.answered(told)
    })
  }

  scan(at: Connection, stamp: bigint | undefined): void {
    const reverse = this.#desk.random.below(3) === 0
    const call: ReadCall = {
      type: 'scan',
      keys: [],
      at: stamp,
      reverse,
      rows: undefined,
      ...this.#desk.begun(),
    }
    this.#desk.begin(call)
    const rows: Seen[] = []
    const page = (range: { from: Uint8Array; to: Uint8Array }): void => {
      const limit = this.#desk.random.between(1, PAGE)
      const request = { ...range, limit, reverse, keysOnly: false, at: stampOf(stamp) }
      at.calls.scan('', request, (told: Outcome<ScanPage>) => {
        if (this.#desk.open !== call) return
        if (!told.ok) {
          this.#desk.answered(told)
          return
        }
        rows.push(...told.value.rows.map(seen))
        const { next } = told.value
        if (next !== undefined) {
          page(reverse ? { from: EMPTY, to: next } : { from: next, to: EMPTY })
          return
        }
        call.rows = rows
        this.#desk.answered(told)
      })
    }
    page({ from: EMPTY, to: EMPTY })
  }

  /** A timestamp first, then what is done at it. */
  stamped(at: Connection, then: (stamp: bigint) => void): void {
    this.stamps(at, 1, (stamp) => {
      this.#desk.leaveOpen()
      then(stamp)
    })
  }

  stamps(at: Connection, count: number, then: (first: bigint) => void): void {
    const call: StampsCall = { type: 'stamps', first: 0n, count, ...this.#desk.begun() }
    this.#desk.begin(call)
    at.calls.stamps(count, (told: Outcome<Stamps>) => {
      if (this.#desk.open !== call) return
      if (!told.ok) {
        this.#desk.answered(told)
        return
      }
      call.first = told.value.first
      call.returnUs = this.#desk.place.kernel.nowUs
      then(call.first)
    })
  }
}
