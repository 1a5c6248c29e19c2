/**
 * What of log and hard state has been handed to the disk, and what has landed there. Batches land
 * in order. An index counts as persisted only if the entry that is there now landed: a truncation
 * lowers what batches under way may still confirm, so an answer for an overwritten entry proves
 * nothing.
 */

import { assert } from '../../base/assert.ts'
import type { PeerId } from '../../base/ids.ts'
import type { RaftLog } from './log.ts'
import type { HardState, RaftEffect } from './types.ts'

type Persist = Extract<RaftEffect, { type: 'persist' }>

interface BatchUnderWay {
  readonly batch: number
  lastIndex: number
  readonly term: number
  readonly vote: PeerId | undefined
}

export class Durability {
  /** Highest index whose entry is on disk. */
  persisted: number
  /** Highest index whose entry was handed out for writing. */
  handed: number
  /** Term and vote on disk. */
  term: number
  vote: PeerId | undefined
  #handedState: HardState
  #truncate: { from: number; to: number } | undefined
  #underWay: BatchUnderWay[] = []
  #lastBatch = 0

  constructor(lastIndex: number, hardState: HardState) {
    this.persisted = lastIndex
    this.handed = lastIndex
    this.term = hardState.term
    this.vote = hardState.vote
    this.#handedState = hardState
  }

  /** Whether term or vote have changed since they were last handed out. */
  isStale(term: number, vote: PeerId | undefined): boolean {
    return term !== this.#handedState.term || vote !== this.#handedState.vote
  }

  /** The log lost its entries from `index` on. */
  truncatedFrom(index: number): void {
    if (index <= this.handed) {
      const { from, to } = this.#truncate ?? { from: index, to: this.handed }
      this.#truncate = { from: Math.min(from, index), to: Math.max(to, this.handed) }
      this.handed = index - 1
    }
    this.persisted = Math.min(this.persisted, index - 1)
    for (const batch of this.#underWay) batch.lastIndex = Math.min(batch.lastIndex, index - 1)
  }

  /** A snapshot at `index` took the place of the whole log, on disk too. */
  reset(index: number): void {
    this.persisted = index
    this.handed = index
    this.#truncate = undefined
    for (const batch of this.#underWay) batch.lastIndex = index
  }

  /** What must be written now, if anything; `commit` alone is no reason. */
  hand(log: RaftLog, state: HardState): Persist | undefined {
    const fresh = this.handed < log.lastIndex
    if (!fresh && !this.#truncate && !this.isStale(state.term, state.vote)) return undefined

    const entries = fresh
      ? log.slice(
          this.handed + 1,
          log.lastIndex,
          Number.POSITIVE_INFINITY,
          Number.POSITIVE_INFINITY,
        )
      : []
    assert(entries !== undefined, 'what is not on disk is in memory')
    const { term, vote } = state
    const batch = ++this.#lastBatch
    this.#underWay.push({ batch, lastIndex: log.lastIndex, term, vote })
    const truncate = this.#truncate
    const hardState = sameState(state, this.#handedState) ? undefined : state
    this.handed = log.lastIndex
    this.#handedState = state
    this.#truncate = undefined
    return { type: 'persist', batch, hardState, truncate, entries }
  }

  /** A batch landed. */
  landed(batch: number): void {
    const first = this.#underWay.shift()
    assert(first?.batch === batch, `batch ${batch} landed out of order`)
    this.persisted = Math.max(this.persisted, first.lastIndex)
    this.term = first.term
    this.vote = first.vote
  }
}

const sameState = (a: HardState, b: HardState): boolean =>
  a.term === b.term && a.vote === b.vote && a.commit === b.commit
