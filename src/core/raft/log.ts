/**
 * The log as one peer knows it: the terms of everything above the base, and the entries of a tail
 * in memory. Promises O(1) append and look-up in the tail, and that no entry is ever copied. What
 * is on disk, and fetching what has left the tail, is others' business.
 */

import { assert, must } from '../../base/assert.ts'
import { EMPTY } from '../../base/bytes.ts'
import { LogWeight } from './log-weight.ts'
import type { Entry } from './types.ts'

/** Consecutive entries of one term, from `from` to the next run or the log's end. */
interface TermRun {
  readonly from: number
  readonly term: number
}

/** Stands where an entry has left the tail, until the array is cut. */
const GONE: Entry = { term: 0, index: 0, kind: 'noop', data: EMPTY }
/** Dead slots kept in front of the tail before the array is cut. */
const SLACK = 1024

/** What an entry weighs in every budget: its data and about what surrounds it. */
export const entryBytes = (entry: Entry): number => entry.data.length + 32

export class RaftLog {
  baseIndex: number
  baseTerm: number
  lastIndex: number
  lastTerm: number
  readonly weight = new LogWeight()
  #runs: TermRun[] = []
  #tail: Entry[] = []
  #head = 0
  #tailBytes = 0

  constructor(baseIndex: number, baseTerm: number) {
    this.baseIndex = baseIndex
    this.baseTerm = baseTerm
    this.lastIndex = baseIndex
    this.lastTerm = baseTerm
  }

  /** Index of the first entry in memory; `lastIndex + 1` when there is none. */
  get tailFirst(): number {
    return this.lastIndex + 1 - (this.#tail.length - this.#head)
  }

  get tailBytes(): number {
    return this.#tailBytes
  }

  /** The term at an index from the base to the end; undefined outside. */
  termAt(index: number): number | undefined {
    if (index === this.baseIndex) return this.baseTerm
    if (index < this.baseIndex || index > this.lastIndex) return undefined
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i] as TermRun
      if (run.from <= index) return run.term
    }
    return undefined
  }

  matches(index: number, term: number): boolean {
    return this.termAt(index) === term
  }

  /** Whether a log ending so is at least as up to date as this one (3.6.1). */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex)
  }

  /**
   * The largest index, at most `index`, whose term is at most `term`: where logs may still agree.
   */
  lastIndexAtMost(index: number, term: number): number {
    let at = Math.min(index, this.lastIndex)
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i] as TermRun
      if (run.from > at) continue
      if (run.term <= term) return at
      at = run.from - 1
    }
    return Math.min(at, this.baseIndex)
  }

  append(entry: Entry): void {
    assert(entry.index === this.lastIndex + 1, 'entries are appended without a gap')
    assert(entry.term >= this.lastTerm, 'terms never go back in a log')
    if (entry.term !== this.lastTerm || this.#runs.length === 0) {
      this.#runs.push({ from: entry.index, term: entry.term })
    }
    this.#tail.push(entry)
    this.#tailBytes += entryBytes(entry)
    this.weight.appended(entry.index, entryBytes(entry))
    this.lastIndex = entry.index
    this.lastTerm = entry.term
  }

  /** Drops the entries at `index` and above, all of which are in the tail. */
  truncateFrom(index: number): void {
    assert(index >= this.tailFirst && index <= this.lastIndex, 'only the tail is ever truncated')
    const before = this.#tailBytes
    while (this.lastIndex >= index) {
      this.#tailBytes -= entryBytes(must(this.#tail.pop(), 'the tail holds what is truncated'))
      this.lastIndex--
    }
    this.weight.truncatedFrom(index, before - this.#tailBytes)
    while (this.#runs.length > 0 && (this.#runs.at(-1) as TermRun).from >= index) this.#runs.pop()
    this.lastTerm = this.#runs.at(-1)?.term ?? this.baseTerm
  }

  /** One entry, if it is in memory. */
  get(index: number): Entry | undefined {
    const first = this.tailFirst
    return index < first ? undefined : this.#tail[this.#head + index - first]
  }

  /**
   * Entries from..to, as far as both limits allow but at least one; undefined when `from` has left
   * the tail. Empty when `from` is beyond `to`.
   */
  slice(from: number, to: number, maxBytes: number, maxEntries: number): Entry[] | undefined {
    const first = this.tailFirst
    if (from < first) return undefined
    const start = this.#head + from - first
    const limit = Math.min(start + maxEntries, this.#head + to + 1 - first)
    let end = start
    let bytes = 0
    while (end < limit) {
      bytes += entryBytes(this.#tail[end] as Entry)
      if (bytes > maxBytes && end > start) break
      end++
    }
    return this.#tail.slice(start, end)
  }

  /** Lets entries up to `index` leave memory, oldest first, until the tail is within its budget. */
  evict(index: number, budget: number): void {
    while (this.#tailBytes > budget && this.tailFirst <= index) this.#forgetFirst()
    this.#cut()
  }

  /** Makes `index` the base: everything up to it is gone from the log. */
  compactTo(index: number): void {
    const term = must(this.termAt(index), 'only what the log holds can become its base')
    while (this.tailFirst <= index && this.#head < this.#tail.length) this.#forgetFirst()
    this.#cut()
    const keep = this.#runs.findLastIndex((run) => run.from <= index + 1)
    if (keep > 0) this.#runs.splice(0, keep)
    if (index === this.lastIndex) this.#runs.length = 0
    this.weight.compactedTo(index)
    this.baseIndex = index
    this.baseTerm = term
  }

  /** Empties the log behind a snapshot. */
  reset(baseIndex: number, baseTerm: number): void {
    this.weight.compactedTo(this.lastIndex)
    this.baseIndex = baseIndex
    this.baseTerm = baseTerm
    this.lastIndex = baseIndex
    this.lastTerm = baseTerm
    this.#runs = []
    this.#tail = []
    this.#head = 0
    this.#tailBytes = 0
  }

  #forgetFirst(): void {
    this.#tailBytes -= entryBytes(this.#tail[this.#head] as Entry)
    this.#tail[this.#head++] = GONE
  }

  #cut(): void {
    if (this.#head < SLACK || this.#head * 2 < this.#tail.length) return
    this.#tail.splice(0, this.#head)
    this.#head = 0
  }
}
