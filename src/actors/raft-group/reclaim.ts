/**
 * Gives the space of what was deleted back to the disk, where it is worth the writing: the cut log after
 * so many bytes went through it, dead versions when they are many beside the living. A little later than
 * the deletions, which are lazy and must be on disk to count.
 */

import type { RevisionId } from '../../core/mvcc/revision.ts'
import type { Context } from '../../runtime/actor.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import type { GroupLimits } from '../options.ts'

interface Span {
  readonly from: number
  readonly to: number
}

const TIMER = 'reclaim'
const LATER_MS = 250
/** One dead version to so many living keys: rewriting those is then paid for by what it frees. */
const LIVING_PER_DEAD = 4

export class Reclaim {
  readonly #keys: GroupKeys
  readonly #limits: GroupLimits
  /** Indexes whose entries are cut away and still take space. */
  #cut: Span | undefined
  #loggedBytes = 0
  /** Revisions between which versions were dropped that still take space. */
  #dead: Span | undefined
  #deadCount = 0
  #deadBytes = 0
  #livingKeys = 0
  #timed = false

  constructor(keys: GroupKeys, limits: GroupLimits) {
    this.#keys = keys
    this.#limits = limits
  }

  /** Entries of so many bytes were applied. */
  applied(bytes: number): void {
    this.#loggedBytes += bytes
    this.#deadBytes += bytes
  }

  cutLog(from: number, to: number, context: Context): void {
    this.#cut = joined(this.#cut, from, to)
    if (this.#logIsDue) this.#soon(context)
  }

  dropped(rows: readonly RevisionId[], livingKeys: number, context: Context): void {
    for (const { main } of rows) this.#dead = joined(this.#dead, main, main + 1)
    this.#deadCount += rows.length
    this.#livingKeys = livingKeys
    if (this.#deadAreDue) this.#soon(context)
  }

  ownsTimer(name: string): boolean {
    return name === TIMER
  }

  run(context: Context): void {
    this.#timed = false
    if (this.#cut !== undefined && this.#logIsDue) {
      const { from, to } = this.#cut
      context.compact({ from: this.#keys.entry(from), to: this.#keys.entry(to) })
      this.#cut = undefined
      this.#loggedBytes = 0
    }
    if (this.#dead !== undefined && this.#deadAreDue) {
      const { from, to } = this.#dead
      context.compact({ from: this.#keys.revision(from, 0), to: this.#keys.revision(to, 0) })
      this.#dead = undefined
      this.#deadCount = 0
      this.#deadBytes = 0
    }
  }

  get #logIsDue(): boolean {
    return this.#loggedBytes >= this.#limits.reclaimBytes
  }

  get #deadAreDue(): boolean {
    const many = this.#deadCount * LIVING_PER_DEAD >= this.#livingKeys
    return many && this.#deadBytes >= this.#limits.reclaimBytes
  }

  #soon(context: Context): void {
    if (this.#timed) return
    this.#timed = true
    context.setTimer(TIMER, LATER_MS)
  }
}

function joined(span: Span | undefined, from: number, to: number): Span {
  if (span === undefined) return { from, to }
  return { from: Math.min(span.from, from), to: Math.max(span.to, to) }
}
