/**
 * Timestamps from the oracle. While one question is under way, those who come wait for the next: it is
 * asked once for all of them, so whoever waits gets stamps that were given after they came.
 */

import type { NodeName } from '../../base/ids.ts'
import { MAX_STAMPS } from '../../core/oracle/oracle.ts'
import { physicalMs } from '../../core/region/timestamps.ts'
import { type Timestamp, timestamp } from '../../core/region/types.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { Outside } from '../../runtime/outside.ts'
import type { OracleStamps, OracleStampsAre } from '../../wire/messages/oracle.ts'
import { SYSTEM } from '../flare-options.ts'
import type { Attempt } from './attempt.ts'
import { bad, type Done, good, type Problem } from './outcome.ts'

const TRY_MS = 2000
const FUTURE =
  'a timestamp lies ahead of all that the oracle has given: use one that it gave, as a read, a write or tso told it'
const NOBODY = 'the timestamp oracle cannot be reached: a majority of the founding nodes must run'

/** `first`, `first` + 1 and so on. */
export interface Stamps {
  readonly first: Timestamp
  readonly count: number
}

interface Wish {
  readonly count: number
  readonly attempt: Attempt
  readonly done: Done<Stamps>
}

export class StampCalls {
  readonly #outside: Outside
  readonly #oracle: Address
  #waiting: Wish[] = []
  #asking = false
  /** When it came, by this shard's clock. */
  #last: { readonly stamp: Timestamp; readonly atMs: number } | undefined
  /** The highest known to be given. */
  #highest = 0n

  constructor(outside: Outside, node: NodeName) {
    this.#outside = outside
    this.#oracle = address(node, 'timestamp-oracle', SYSTEM)
  }

  one(attempt: Attempt, done: Done<Timestamp>): void {
    this.draw(1, attempt, (drawn) => done(drawn.ok ? good(drawn.value.first) : drawn))
  }

  /** At most `MAX_STAMPS`. */
  draw(count: number, attempt: Attempt, done: Done<Stamps>): void {
    this.#waiting.push({ count, attempt, done })
    this.#next()
  }

  /**
   * Lets pass what a client holds for a timestamp. One from the future would keep a region from committing
   * anything below it, until the oracle comes there.
   */
  given(stamp: Timestamp, attempt: Attempt, done: Done<Timestamp>): void {
    if (stamp <= this.#highest) {
      done(good(stamp))
      return
    }
    this.one(attempt, (fresh) => {
      if (!fresh.ok) done(fresh)
      else done(stamp <= fresh.value ? good(stamp) : bad('invalid', FUTURE))
    })
  }

  /** What the clock of the oracle shows now, about; undefined before the first stamp. */
  physicalMs(): number | undefined {
    const last = this.#last
    return last && physicalMs(last.stamp) + this.#outside.nowMs() - last.atMs
  }

  #next(): void {
    if (this.#asking || this.#waiting.length === 0) return
    this.#asking = true
    const { wishes, count } = this.#take()
    const timeoutMs = Math.min(TRY_MS, Math.max(...wishes.map(({ attempt }) => attempt.leftMs)))
    const question: OracleStamps = { kind: 'oracle.stamps', count }
    this.#outside.askThen(this.#oracle, question, timeoutMs, (outcome) => {
      this.#asking = false
      if (outcome.ok && outcome.message.kind === 'oracle.stamps-are') {
        const given = outcome.message as OracleStampsAre
        this.#heard(given)
        share(wishes, given)
      } else for (const wish of wishes) this.#again(wish)
      this.#next()
    })
  }

  #heard({ first, count }: OracleStampsAre): void {
    const stamp = timestamp(first)
    this.#last = { stamp, atMs: this.#outside.nowMs() }
    const last = first + BigInt(count - 1)
    if (last > this.#highest) this.#highest = last
  }

  #take(): { readonly wishes: readonly Wish[]; readonly count: number } {
    let count = 0
    let taken = 0
    for (const wish of this.#waiting) {
      if (taken > 0 && count + wish.count > MAX_STAMPS) break
      count += wish.count
      taken++
    }
    return { wishes: this.#waiting.splice(0, taken), count }
  }

  #again({ count, attempt, done }: Wish): void {
    const problem: Problem = { reason: 'unavailable', text: NOBODY }
    const end = () => done(bad('unavailable', NOBODY))
    attempt.again(1, problem, () => this.draw(count, attempt, done), end)
  }
}

function share(wishes: readonly Wish[], { first }: OracleStampsAre): void {
  let next: bigint = first
  for (const { count, done } of wishes) {
    done(good({ first: timestamp(next), count }))
    next += BigInt(count)
  }
}
