/**
 * Drops versions that nobody may read any more, on the leader: a page with each tick, from the region's first key to
 * its last, whenever the driver has moved the safe point and something was written since the last time.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { RegionResult, Timestamp } from '../../core/region/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { Message } from '../../runtime/message.ts'
import type { RegionWriteDone } from '../../wire/messages/region.ts'
import type { Commands } from './commands.ts'
import type { Leadership } from './leadership.ts'
import type { Replica } from './replica.ts'

/** Versions looked at for one page. */
const PAGE_ROWS = 1000

interface Round {
  readonly safePoint: Timestamp
  /** Applied when it began: what comes later is for the next one. */
  readonly index: number
  from: Bytes
  asked: boolean
}

export class Collector {
  readonly #replica: Replica
  readonly #leadership: Leadership
  readonly #commands: Commands
  #round: Round | undefined
  /** What the last whole round began with, and its own entries after it. */
  #doneAt = -1

  constructor(replica: Replica, leadership: Leadership, commands: Commands) {
    this.#replica = replica
    this.#leadership = leadership
    this.#commands = commands
  }

  /** There is a round to go on with. */
  get busy(): boolean {
    return this.#round !== undefined
  }

  begin(safePoint: Timestamp): void {
    const { state, descriptor } = this.#replica
    const { appliedIndex } = state
    if (this.#leadership.refusal() !== undefined || appliedIndex === this.#doneAt) return
    this.#round ??= { safePoint, index: appliedIndex, from: descriptor.from, asked: false }
  }

  tick(context: Context): void {
    const round = this.#round
    if (round === undefined || round.asked) return
    round.asked = true
    const { safePoint, from } = round
    const command = { op: 'collect', safePoint, from, limit: PAGE_ROWS } as const
    this.#commands.own(command, (answer) => this.#collected(round, answer), context)
  }

  /** Leadership is over: the next leader begins anew with the next safe point. */
  end(): void {
    this.#round = undefined
  }

  #collected(round: Round, answer: Message): void {
    if (round !== this.#round) return
    round.asked = false
    if (answer.kind === 'region.refused' && this.#leadership.refusal() === undefined) return
    const result: RegionResult | undefined =
      answer.kind === 'region.write-done' ? (answer as RegionWriteDone).result : undefined
    if (result?.op !== 'collected') this.#round = undefined
    else if (result.next !== undefined) round.from = result.next
    else {
      this.#round = undefined
      this.#doneAt = this.#replica.state.appliedIndex
    }
  }
}
