/**
 * Pairs read or written lately, by version, within a budget of bytes: versions never change, so none goes
 * stale. One that was replaced goes a little later, however much room there is.
 */

import { exactBytes } from '../../base/bytes.ts'
import type { KeyValue } from '../../core/kv/types.ts'
import type { RevisionId } from '../../core/mvcc/revision.ts'
import { Fifo } from '../../runtime/fifo.ts'

/** What a pair weighs beside its bytes, about. */
const OVERHEAD_BYTES = 200
/** Replaced versions still kept: watchers ask for what an event replaced. */
const REPLACED_KEPT = 512
/** Versions beyond these bounds have no number of their own here, and are not kept. */
const SUBS = 2 ** 20
const MAX_MAIN = 2 ** 33

export class ValueCache {
  readonly #budget: number
  #young = new Map<number, KeyValue>()
  #old = new Map<number, KeyValue>()
  #youngBytes = 0
  readonly #replaced = new Fifo<number>()

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes
  }

  get(at: RevisionId): KeyValue | undefined {
    if (!fits(at)) return undefined
    const number = numberOf(at)
    const young = this.#young.get(number)
    if (young !== undefined) return young
    const old = this.#old.get(number)
    if (old !== undefined) this.#add(number, detached(old))
    return old
  }

  put(at: RevisionId, kv: KeyValue): void {
    if (fits(at)) this.#add(numberOf(at), kv)
  }

  /** The version of a key at this revision has a newer one. */
  replaced(main: number): void {
    if (main >= MAX_MAIN) return
    this.#replaced.push(main)
    if (this.#replaced.size > REPLACED_KEPT) this.#drop(this.#replaced.shift() as number)
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#youngBytes = 0
  }

  /** Two generations of half the budget: when the young one is full, the old one goes. */
  #add(number: number, kv: KeyValue): void {
    this.#young.set(number, kv)
    this.#youngBytes += weightOf(kv)
    if (this.#youngBytes * 2 <= this.#budget) return
    this.#old = this.#young
    this.#young = new Map()
    this.#youngBytes = 0
  }

  #drop(number: number): void {
    const kv = this.#young.get(number)
    if (kv !== undefined) this.#youngBytes -= weightOf(kv)
    if (!this.#young.delete(number)) this.#old.delete(number)
  }
}

const weightOf = (kv: KeyValue): number => kv.key.length + kv.value.length + OVERHEAD_BYTES

/** A pair may lie in a frame with hundreds of others: what outlives them takes a buffer of its own. */
const detached = (kv: KeyValue): KeyValue => ({
  ...kv,
  key: exactBytes(kv.key),
  value: exactBytes(kv.value),
})

const fits = (at: RevisionId): boolean => at.sub < SUBS && at.main < MAX_MAIN
/** Nearly all versions have sub 0; small whole numbers are the fastest keys of a map. */
const numberOf = (at: RevisionId): number => (at.sub === 0 ? at.main : -(at.main * SUBS + at.sub))
