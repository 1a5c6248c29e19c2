/** The named timers of a shard's actors. A timer fires once; one of the same name replaces it. */

import { Deadlines } from './deadlines.ts'

export interface Timer {
  readonly at: number
  readonly name: string
  readonly owner: TimerOwner
  live: boolean
  /** False once it left the heap for its owner's mailbox. */
  waiting: boolean
}

/** Whoever has timers keeps them by name, so that a life's end can end them all. */
export interface TimerOwner {
  readonly timers: Map<string, Timer>
}

export class Timers<Owner extends TimerOwner> {
  readonly #deadlines = new Deadlines<Timer>()

  set(owner: Owner, name: string, at: number): void {
    this.cancel(owner, name)
    const timer: Timer = { at, name, owner, live: true, waiting: true }
    owner.timers.set(name, timer)
    this.#deadlines.add(timer)
  }

  /** Also stops one that is due and lies in its owner's mailbox. */
  cancel(owner: Owner, name: string): void {
    const timer = owner.timers.get(name)
    if (timer === undefined) return
    owner.timers.delete(name)
    if (timer.waiting) this.#deadlines.cancel(timer)
    else timer.live = false
  }

  cancelAll(owner: Owner): void {
    for (const name of [...owner.timers.keys()]) this.cancel(owner, name)
  }

  nextAt(): number | undefined {
    return this.#deadlines.nextAt()
  }

  /** Takes the next timer due by now; it stays live until `delivered`. */
  due(nowMs: number): { readonly timer: Timer; readonly owner: Owner } | undefined {
    const timer = this.#deadlines.due(nowMs)
    if (timer === undefined) return undefined
    timer.waiting = false
    return { timer, owner: timer.owner as Owner }
  }

  /** The owner is about to see it. */
  delivered(timer: Timer): void {
    timer.live = false
    if (timer.owner.timers.get(timer.name) === timer) timer.owner.timers.delete(timer.name)
  }
}
