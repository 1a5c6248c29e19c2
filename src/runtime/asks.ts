/**
 * The open questions of a shard: who asked, until when. Each is closed exactly once, by its answer, by
 * a refusal or by its deadline; what comes later finds nothing and is a dead letter.
 */

import { Deadlines } from './deadlines.ts'

export interface Ask<Asker> {
  readonly id: number
  readonly at: number
  readonly asker: Asker
  readonly tag: string
  /** The asker's life: an answer that names another is refused. */
  readonly life: number
  live: boolean
}

export class Asks<Asker> {
  readonly #open = new Map<number, Ask<Asker>>()
  readonly #deadlines = new Deadlines<Ask<Asker>>()
  #lastId = 0

  get size(): number {
    return this.#open.size
  }

  open(asker: Asker, life: number, tag: string, at: number): Ask<Asker> {
    const ask: Ask<Asker> = { id: ++this.#lastId, at, asker, tag, life, live: true }
    this.#open.set(ask.id, ask)
    this.#deadlines.add(ask)
    return ask
  }

  /** Closes the question that this answer names, if it is still open and of that life. */
  close(id: number, life: number | undefined): Ask<Asker> | undefined {
    const ask = this.#open.get(id)
    if (ask === undefined || ask.life !== life) return undefined
    this.#open.delete(id)
    this.#deadlines.cancel(ask)
    return ask
  }

  nextAt(): number | undefined {
    return this.#deadlines.nextAt()
  }

  /** Closes the next question whose time is over. */
  due(nowMs: number): Ask<Asker> | undefined {
    const ask = this.#deadlines.due(nowMs)
    if (ask !== undefined) this.#open.delete(ask.id)
    return ask
  }

  /** Closes all questions of one asker, at its life's end. */
  forget(asker: Asker): void {
    for (const ask of this.#open.values()) {
      if (ask.asker === asker) this.close(ask.id, ask.life)
    }
  }
}
