/**
 * The oracle's window on disk: read and taken over when this node comes to lead, extended while it does.
 * Every write is a transaction that holds only while the epoch is this leadership's own.
 */

import type { Oracle } from '../../core/oracle/oracle.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import {
  EPOCH_KEY,
  epochBytes,
  epochIn,
  WINDOW_KEY,
  windowRecord,
} from '../../wire/driver-records.ts'
import {
  holds,
  putOf,
  rangeOf,
  unchanged,
  viewIs,
  viewOf,
  writeOf,
  writtenIs,
} from '../system/requests.ts'

export const WINDOW_TAG = 'window:'

export class Window {
  readonly #oracle: Oracle
  readonly #group: Address
  readonly #timeoutMs: number
  /** What is being asked of the group; answers to anything older are not ours. */
  #asking:
    | { readonly tag: string; readonly then: (outcome: AskOutcome, context: Context) => void }
    | undefined
  #number = 0
  /** The leadership to take over. */
  #term: number | undefined

  constructor(self: Address, oracle: Oracle, timeoutMs: number) {
    this.#oracle = oracle
    this.#group = address(self.node, 'raft-group', self.key)
    this.#timeoutMs = timeoutMs
  }

  /** This node leads in `term`: nothing is given before its own window is on disk. */
  takeOver(term: number, context: Context): void {
    this.#oracle.resign()
    this.#term = term
    this.#read(term, context)
  }

  resign(): void {
    this.#oracle.resign()
    this.#term = undefined
    this.#asking = undefined
  }

  /** Extends the window if half of it is used and nothing is being asked. */
  extend(context: Context): void {
    const { term } = this.#oracle
    const endMs = this.#oracle.extension(context.wallMs)
    if (term === undefined || endMs === undefined || this.#asking !== undefined) return
    const fence = holds(EPOCH_KEY, epochBytes(term))
    const put = putOf(WINDOW_KEY, windowRecord.encode({ endMs }))
    this.#ask(writeOf([fence], [put]), context, (outcome, later) => {
      if (writtenIs(outcome) !== 'written') {
        this.#again(later)
        return
      }
      this.#oracle.extended(endMs)
      later.meter.count('plasma_tso_extensions_total')
    })
  }

  answered(tag: string, outcome: AskOutcome, context: Context): void {
    if (this.#asking?.tag !== tag) return
    const { then } = this.#asking
    this.#asking = undefined
    then(outcome, context)
  }

  #read(term: number, context: Context): void {
    this.#ask(viewOf(rangeOf(EPOCH_KEY), rangeOf(WINDOW_KEY)), context, (outcome, later) => {
      const found = viewIs(outcome)
      if (found === undefined) {
        this.#again(later)
        return
      }
      const [[epoch] = [], [window] = []] = found
      // Whoever wrote a higher one leads: the word of it is under way.
      if (epoch !== undefined && epochIn(epoch.value) > term) return
      const foundMs = window === undefined ? 0 : windowRecord.decode(window.value).endMs
      const endMs = this.#oracle.endFor(later.wallMs, foundMs)
      const compare = [
        unchanged(EPOCH_KEY, epoch?.modRevision ?? 0),
        unchanged(WINDOW_KEY, window?.modRevision ?? 0),
      ]
      const puts = [
        putOf(EPOCH_KEY, epochBytes(term)),
        putOf(WINDOW_KEY, windowRecord.encode({ endMs })),
      ]
      this.#ask(writeOf(compare, puts), later, (written, last) => {
        if (writtenIs(written) === 'written') this.#oracle.reign(term, foundMs, endMs)
        else this.#again(last)
      })
    })
  }

  /** Refused, fenced or of unknown fate: read anew what is there, as long as this node leads. */
  #again(context: Context): void {
    this.#oracle.resign()
    if (this.#term !== undefined) this.#read(this.#term, context)
  }

  #ask(
    message: Parameters<Context['ask']>[1],
    context: Context,
    then: (outcome: AskOutcome, context: Context) => void,
  ): void {
    this.#number += 1
    const tag = `${WINDOW_TAG}${this.#number}`
    this.#asking = { tag, then }
    context.ask(this.#group, message, { tag, timeoutMs: this.#timeoutMs })
  }
}
