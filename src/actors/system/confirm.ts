/**
 * Things that may be done only by who leads: they wait until `group.confirm`, asked after they came in, has
 * named a term. All that come in while one confirmation is under way share the next.
 */

import type { AskOutcome, Context } from '../../runtime/actor.ts'
import type { Address } from '../../runtime/address.ts'
import type { GroupConfirmed } from '../../wire/messages/group.ts'

export const CONFIRM_TAG = 'confirm:'

export interface Confirmation<T> {
  readonly items: readonly T[]
  /** In which this node led after all of them came in; undefined: it did not, or nobody could say. */
  readonly term: number | undefined
}

export class Confirm<T> {
  readonly #group: Address
  readonly #timeoutMs: number
  #waiting: T[] = []
  #asked: readonly T[] | undefined
  #number = 0

  constructor(group: Address, timeoutMs: number) {
    this.#group = group
    this.#timeoutMs = timeoutMs
  }

  get waiting(): number {
    return this.#waiting.length + (this.#asked?.length ?? 0)
  }

  take(items: readonly T[], context: Context): void {
    this.#waiting.push(...items)
    this.#ask(context)
  }

  /** Undefined: an answer to nothing that is still asked. */
  answered(tag: string, outcome: AskOutcome, context: Context): Confirmation<T> | undefined {
    const items = this.#asked
    if (items === undefined || tag !== this.#tag) return undefined
    this.#asked = undefined
    this.#ask(context)
    const confirmed = outcome.ok ? (outcome.message as GroupConfirmed) : undefined
    const sure = confirmed?.kind === 'group.confirmed' && confirmed.term > 0
    return { items, term: sure ? confirmed.term : undefined }
  }

  /** All that waits: nobody will confirm it. */
  giveUp(): readonly T[] {
    const items = [...(this.#asked ?? []), ...this.#waiting]
    this.#asked = undefined
    this.#waiting = []
    return items
  }

  get #tag(): string {
    return `${CONFIRM_TAG}${this.#number}`
  }

  #ask(context: Context): void {
    if (this.#asked !== undefined || this.#waiting.length === 0) return
    this.#asked = this.#waiting
    this.#waiting = []
    this.#number += 1
    const options = { tag: this.#tag, timeoutMs: this.#timeoutMs, now: true }
    context.ask(this.#group, { kind: 'group.confirm' }, options)
  }
}
