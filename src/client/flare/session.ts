/**
 * Marks that make a write happen once however often it is sent: a session, named by a timestamp, and a sequence
 * in it. Regions remember a bounded window of answers, so a session spans a bounded number of writes at a time,
 * is left after a while, and there are a few of them; a write that finds no room goes unmarked.
 */

import type { Session as Mark } from '../../wire/proto/flaredb/v1/flaredb.ts'

/** Less than the answers that a region remembers of each session. */
const SPAN = 96
const MOST = 16
/** Regions forget the sessions that were not used for longest. */
const LIFE_MS = 60_000

class Session {
  readonly #id: bigint
  readonly #bornMs: number
  readonly #open = new Set<bigint>()
  #last = 0n

  constructor(id: bigint, bornMs: number) {
    this.#id = id
    this.#bornMs = bornMs
  }

  isOver(nowMs: number): boolean {
    return nowMs - this.#bornMs > LIFE_MS
  }

  get hasRoom(): boolean {
    return this.#last - this.#lowest() < SPAN
  }

  take(): Mark {
    const sequence = ++this.#last
    this.#open.add(sequence)
    return { session: this.#id, sequence, answeredBelow: this.#lowest() }
  }

  answered(sequence: bigint): void {
    this.#open.delete(sequence)
  }

  #lowest(): bigint {
    const [lowest = this.#last + 1n] = this.#open
    return lowest
  }
}

export class Sessions {
  readonly #draw: () => Promise<bigint>
  #sessions: Session[] = []
  #drawing: Promise<void> | undefined

  constructor(draw: () => Promise<bigint>) {
    this.#draw = draw
  }

  /** Runs a write with a mark, if there is room for one. */
  async marked<T>(write: (mark: Mark | undefined) => Promise<T>): Promise<T> {
    while (this.#free() === undefined && this.#sessions.length < MOST) {
      this.#drawing ??= this.#begin()
      await this.#drawing
    }
    const session = this.#free()
    const mark = session?.take()
    try {
      return await write(mark)
    } finally {
      if (mark !== undefined) session?.answered(mark.sequence)
    }
  }

  #free(): Session | undefined {
    const nowMs = performance.now()
    if (this.#sessions.some((session) => session.isOver(nowMs))) {
      this.#sessions = this.#sessions.filter((session) => !session.isOver(nowMs))
    }
    return this.#sessions.find(({ hasRoom }) => hasRoom)
  }

  async #begin(): Promise<void> {
    try {
      this.#sessions.push(new Session(await this.#draw(), performance.now()))
    } finally {
      this.#drawing = undefined
    }
  }
}
