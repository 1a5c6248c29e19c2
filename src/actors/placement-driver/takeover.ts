/**
 * A driver comes to lead: it writes its epoch, over the older one that it read, and then reads all that
 * earlier drivers left. From the epoch on nothing of theirs is written any more, so the order matters.
 */

import { Picture } from '../../core/placement/picture.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import { changeIn, DRIVER_KEYS, EPOCH_KEY, epochBytes, epochIn } from '../../wire/driver-records.ts'
import type { KvView, KvWrite } from '../../wire/messages/group.ts'
import {
  putOf,
  rangeOf,
  unchanged,
  viewIs,
  viewOf,
  type Written,
  writeOf,
  writtenIs,
} from '../system/requests.ts'

export const TAKEOVER_TAG = 'takeover:'

const PAGE_ROWS = 500

/** `over`: a higher epoch is there, another one leads. */
export type Taken = { readonly picture: Picture } | 'again' | 'over' | undefined

export class Takeover {
  readonly term: number
  readonly #group: Address
  readonly #timeoutMs: number
  readonly #picture = new Picture()
  #step: 'epoch' | 'claim' | 'rows' = 'epoch'

  constructor(self: Address, term: number, timeoutMs: number) {
    this.term = term
    this.#group = address(self.node, 'raft-group', self.key)
    this.#timeoutMs = timeoutMs
  }

  begin(context: Context): void {
    this.#ask(viewOf(rangeOf(EPOCH_KEY)), context)
  }

  get tag(): string {
    return `${TAKEOVER_TAG}${this.term}`
  }

  /** Undefined: goes on. */
  answered(outcome: AskOutcome, context: Context): Taken {
    switch (this.#step) {
      case 'epoch':
        return this.#claim(outcome, context)
      case 'claim':
        return this.#claimed(writtenIs(outcome), context)
      case 'rows':
        return this.#read(outcome, context)
    }
  }

  #claim(outcome: AskOutcome, context: Context): Taken {
    const found = viewIs(outcome)
    if (found === undefined) return 'again'
    const epoch = found[0]?.[0]
    const known = epoch === undefined ? 0 : epochIn(epoch.value)
    if (known > this.term) return 'over'
    // Written even if it stands there: behind what an earlier life of this actor has in the log.
    this.#step = 'claim'
    const compare = [unchanged(EPOCH_KEY, epoch?.modRevision ?? 0)]
    this.#ask(writeOf(compare, [putOf(EPOCH_KEY, epochBytes(this.term))]), context)
    return undefined
  }

  #claimed(written: Written, context: Context): Taken {
    if (written !== 'written') return 'again'
    this.#step = 'rows'
    this.#page(DRIVER_KEYS.from, context)
    return undefined
  }

  #page(from: string, context: Context): void {
    this.#ask(viewOf(rangeOf(from, DRIVER_KEYS.to, PAGE_ROWS)), context)
  }

  #read(outcome: AskOutcome, context: Context): Taken {
    const rows = viewIs(outcome)?.[0]
    if (rows === undefined) return 'again'
    for (const { key, value } of rows) {
      const change = changeIn(key, value)
      if (change !== undefined) this.#picture.load(change)
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE_ROWS) return { picture: this.#picture }
    this.#page(`${last.key}\0`, context)
    return undefined
  }

  #ask(message: KvView | KvWrite, context: Context): void {
    context.ask(this.#group, message, { tag: this.tag, timeoutMs: this.#timeoutMs })
  }
}
