/** Keeps the safe point going, by the oracle's clock. Stores are told only what is on disk. */

import { advanced, HOLDS_MAX, held } from '../../core/placement/safe-point.ts'
import { physicalMs } from '../../core/region/timestamps.ts'
import type { Timestamp } from '../../core/region/types.ts'
import type { AskOutcome, Context, Question } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { DriverSafePoint, DriverSafePointIs } from '../../wire/messages/driver.ts'
import type { OracleStamps, OracleStampsAre } from '../../wire/messages/oracle.ts'
import { TIMESTAMP_ORACLE } from '../flare-options.ts'
import type { Driving } from './driving.ts'
import { refuse } from './refuse.ts'

export const CLOCK_TAG = 'clock:'

const EVERY_MS = 60_000
const ASK_MS = 2000

interface Holding {
  readonly hold: DriverSafePoint
  readonly question: Question
}

export class SafePoints {
  readonly #driving: Driving
  readonly #oracle: Address
  /** What stores are told. */
  #told: Timestamp
  #dueMs = 0
  /** Holds that wait for the oracle's word on what time it is. */
  #waiting: Holding[] = []
  #asking = false

  constructor(self: Address, driving: Driving) {
    this.#driving = driving
    this.#oracle = address(self.node, TIMESTAMP_ORACLE, self.key)
    this.#told = driving.picture.safePoint.safePoint
  }

  get told(): Timestamp {
    return this.#told
  }

  tick(context: Context): void {
    if (context.nowMs < this.#dueMs || this.#driving.picture.regions.size === 0) return
    this.#dueMs = context.nowMs + EVERY_MS
    this.#ask(context)
  }

  take(hold: DriverSafePoint, question: Question, context: Context): void {
    if (hold.service === '') {
      this.#answer(question, context)
      return
    }
    this.#waiting.push({ hold, question })
    this.#ask(context)
  }

  answered(outcome: AskOutcome, context: Context): void {
    this.#asking = false
    const waiting = this.#waiting
    this.#waiting = []
    if (!outcome.ok || outcome.message.kind !== 'oracle.stamps-are') {
      const text = 'the oracle gives no timestamps: ask again'
      for (const { question } of waiting) refuse(question, 'no-leader', text, context)
      return
    }
    const now = (outcome.message as OracleStampsAre).first
    for (const it of waiting) this.#hold(it, physicalMs(now), context)
    this.#advance(now, context)
  }

  abandon(context: Context): void {
    const text = 'this node may not drive any more: ask again'
    for (const { question } of this.#waiting) refuse(question, 'no-leader', text, context)
    this.#waiting = []
  }

  #hold({ hold, question }: Holding, nowMs: number, context: Context): void {
    const { picture } = this.#driving
    const { service, at, ttlMs } = hold
    const untilMs = ttlMs === 0 ? 0 : nowMs + ttlMs
    const now = held(picture.safePoint, { service, at, untilMs })
    if (now !== undefined) {
      picture.put({ of: 'safe-point', now })
      this.#answer(question, context)
    } else if (at < picture.safePoint.safePoint) this.#answer(question, context)
    else refuse(question, 'busy', `${HOLDS_MAX} services hold the safe point already`, context)
  }

  #advance(now: Timestamp, context: Context): void {
    const { picture, limits } = this.#driving
    const before = picture.safePoint
    const after = advanced(before, now, limits.keepVersionsMs)
    if (after.safePoint === before.safePoint && after.holds.length === before.holds.length) return
    picture.put({ of: 'safe-point', now: after })
    this.#driving.whenWritten((landed) => {
      if (landed && after.safePoint > this.#told) this.#told = after.safePoint
    }, context)
  }

  #answer(question: Question, context: Context): void {
    const { safePoint } = this.#driving.picture.safePoint
    const is: DriverSafePointIs = { kind: 'driver.safe-point-is', safePoint }
    this.#driving.answer(question, is, context)
  }

  #ask(context: Context): void {
    if (this.#asking) return
    this.#asking = true
    const ask: OracleStamps = { kind: 'oracle.stamps', count: 1 }
    context.ask(this.#oracle, ask, { tag: CLOCK_TAG, timeoutMs: ASK_MS })
  }
}
