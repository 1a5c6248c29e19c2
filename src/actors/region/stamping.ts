/** Timestamps for commands: all that want one in a turn share a question to the oracle. */

import {
  type RegionCommand,
  type RegionEpoch,
  type Timestamp,
  timestamp,
} from '../../core/region/types.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import type { OracleStampsAre } from '../../wire/messages/oracle.ts'
import { askStamps } from './oracle.ts'

/** Waits for its timestamp, the first or a fresher one. */
export interface Unstamped {
  readonly ticket: number
  /** What to submit once it has one; undefined: the evaluator has it already. */
  readonly submit: { readonly command: RegionCommand; readonly epoch: RegionEpoch } | undefined
}

interface Asked {
  readonly waiting: readonly Unstamped[]
  readonly atUs: number
}

export interface Stamped {
  readonly waiting: Unstamped
  /** Undefined: the oracle gave none. */
  readonly stamp: Timestamp | undefined
}

const TAG = 'stamps:'

export class Stamping {
  readonly #asked = new Map<string, Asked>()
  #waiting: Unstamped[] = []
  #later: Unstamped[] = []
  #asks = 0

  add(waiting: Unstamped): void {
    this.#waiting.push(waiting)
  }

  /** The oracle gave none: not before the next tick. */
  addLater(waiting: Unstamped): void {
    this.#later.push(waiting)
  }

  again(): void {
    this.#waiting.push(...this.#later)
    this.#later = []
  }

  /** Asks for all that came since the last time. */
  flush(context: Context): void {
    if (this.#waiting.length === 0) return
    this.#asks += 1
    const tag = `${TAG}${this.#asks}`
    this.#asked.set(tag, { waiting: this.#waiting, atUs: context.stopwatchUs() })
    askStamps(this.#waiting.length, tag, context)
    this.#waiting = []
  }

  ownsTag(tag: string): boolean {
    return tag.startsWith(TAG)
  }

  answered(tag: string, outcome: AskOutcome, context: Context): readonly Stamped[] {
    const asked = this.#asked.get(tag)
    if (asked === undefined) return []
    this.#asked.delete(tag)
    const { waiting, atUs } = asked
    context.meter.observe('plasma_region_stamp_seconds', (context.stopwatchUs() - atUs) / 1e6)
    const told = outcome.ok && outcome.message.kind === 'oracle.stamps-are'
    const first = told ? (outcome.message as OracleStampsAre).first : undefined
    return waiting.map((it, at) => ({
      waiting: it,
      stamp: first && timestamp(first + BigInt(at)),
    }))
  }

  /** Gives back all that have none. */
  clear(): readonly Unstamped[] {
    const asked = [...this.#asked.values()].flatMap(({ waiting }) => waiting)
    const all = [...asked, ...this.#waiting, ...this.#later]
    this.#asked.clear()
    this.#waiting = []
    this.#later = []
    return all
  }
}
