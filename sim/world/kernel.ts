/**
 * Virtual time: one queue of events keyed (time, tie, order of asking), and the trace of all that ran.
 *
 * Promises: the same seed runs the same events in the same order. Time is whole microseconds. The tie
 * is drawn, so events of one instant run in any order; whoever needs an order asks for different times.
 */

import { assert } from '../../src/base/assert.ts'
import { hashText, RollingHash } from './hash.ts'
import type { Stream } from './random.ts'

/** What an event is about, for the trace. */
export interface Label {
  readonly node: string
  readonly kind: string
  /** Stands for the payload. */
  readonly digest?: number
}

export interface Scheduled {
  readonly timeUs: number
  readonly tie: number
  readonly seq: number
  readonly label: Label
  run: (() => void) | undefined
}

interface Traced {
  readonly timeUs: number
  readonly label: Label
  readonly sentence: string
}

/** The last events, kept for reports of what went wrong. */
const REMEMBERED = 400

export class Kernel {
  readonly #ties: Stream
  readonly #heap: Scheduled[] = []
  readonly #hash = new RollingHash()
  readonly #names = new Map<string, number>()
  readonly #recent: Traced[] = []
  #traced = 0
  #nowUs = 0
  #seq = 0
  #events = 0

  constructor(ties: Stream) {
    this.#ties = ties
  }

  get nowUs(): number {
    return this.#nowUs
  }

  get events(): number {
    return this.#events
  }

  /** Runs `run` at this time, or now if that is past. */
  at(timeUs: number, label: Label, run: () => void): Scheduled {
    assert(Number.isSafeInteger(timeUs), 'time is whole microseconds')
    const event: Scheduled = {
      timeUs: Math.max(timeUs, this.#nowUs),
      tie: this.#ties.word(),
      seq: this.#seq++,
      label,
      run,
    }
    this.#push(event)
    return event
  }

  after(delayUs: number, label: Label, run: () => void): Scheduled {
    return this.at(this.#nowUs + delayUs, label, run)
  }

  cancel(event: Scheduled | undefined): void {
    if (event) event.run = undefined
  }

  /** Runs the next event. False when there is none up to and including `limitUs`. */
  step(limitUs: number): boolean {
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.timeUs > limitUs) return false
      this.#pop()
      const run = next.run
      if (run === undefined) continue
      next.run = undefined
      this.#nowUs = next.timeUs
      this.#events++
      this.#trace(next.label)
      run()
      return true
    }
  }

  /** Puts something into the trace that is not an event of its own: an answer, a decision. */
  note(node: string, kind: string, digest: number, sentence?: string): void {
    this.#trace({ node, kind, digest }, sentence)
  }

  get hash(): string {
    return this.#hash.toString()
  }

  /** The last things that happened, one a line. */
  recent(): readonly string[] {
    const from = this.#traced % REMEMBERED
    const ordered = [...this.#recent.slice(from), ...this.#recent.slice(0, from)]
    return ordered.map(({ timeUs, label, sentence }) =>
      `${(timeUs / 1000).toFixed(3)}ms ${label.node} ${label.kind} ${sentence}`.trimEnd(),
    )
  }

  #trace(label: Label, sentence = ''): void {
    this.#hash.add(this.#nowUs)
    this.#hash.add(this.#nameHash(label.node))
    this.#hash.add(this.#nameHash(label.kind))
    this.#hash.add(label.digest ?? 0)
    this.#recent[this.#traced++ % REMEMBERED] = { timeUs: this.#nowUs, label, sentence }
  }

  #nameHash(name: string): number {
    let hash = this.#names.get(name)
    if (hash === undefined) {
      hash = hashText(name)
      this.#names.set(name, hash)
    }
    return hash
  }

  #push(event: Scheduled): void {
    const heap = this.#heap
    let i = heap.length
    heap.push(event)
    while (i > 0) {
      const parent = (i - 1) >>> 1
      const above = heap[parent] as Scheduled
      if (!before(event, above)) break
      heap[i] = above
      i = parent
    }
    heap[i] = event
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Scheduled
    const length = heap.length
    if (length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= length) break
      if (child + 1 < length && before(heap[child + 1] as Scheduled, heap[child] as Scheduled)) {
        child++
      }
      if (!before(heap[child] as Scheduled, last)) break
      heap[i] = heap[child] as Scheduled
      i = child
    }
    heap[i] = last
  }
}

function before(a: Scheduled, b: Scheduled): boolean {
  if (a.timeUs !== b.timeUs) return a.timeUs < b.timeUs
  return a.tie !== b.tie ? a.tie < b.tie : a.seq < b.seq
}
