/**
 * What marked writes came to, so that one which comes a second time gets its first answer. Replicated: every
 * replica forgets the same at the same entry.
 *
 * SESSIONS-I1: no answer is kept below its session's `answeredBelow`; at most `SESSION_WINDOW` are.
 * SESSIONS-I2: at most `SESSIONS_MAX` sessions, and none of them was forgotten.
 */

import { assert } from '../../base/assert.ts'
import type { SessionChanges, SessionRecord } from './applied.ts'
import type { SessionAnswer } from './entry.ts'
import { SESSION_WINDOW, SESSIONS_MAX } from './limits.ts'
import { later, NEVER } from './timestamps.ts'
import type { SessionMark, Timestamp } from './types.ts'

/** `new`: never seen. `forgotten`: it may have been done. */
export type SessionVerdict =
  | { readonly known: 'new' | 'forgotten' }
  | { readonly known: 'answered'; readonly version: Timestamp }

interface Session {
  usedAt: number
  answeredBelow: number
  /** By sequence, in the order in which they were answered. */
  readonly answers: Map<number, Timestamp>
}

export class Sessions {
  /** The longest unused first. */
  readonly #sessions = new Map<Timestamp, Session>()
  readonly #changed = new Set<Timestamp>()
  readonly #gone = new Set<Timestamp>()
  #forgotten: Timestamp
  #uses = 0

  constructor(records: readonly SessionRecord[] = [], forgotten = NEVER) {
    this.#forgotten = forgotten
    const byUse = [...records].sort((a, b) => a.usedAt - b.usedAt)
    for (const { session, usedAt, answeredBelow, answers } of byUse) {
      this.#sessions.set(session, { usedAt, answeredBelow, answers: new Map(answers) })
      this.#uses = usedAt
    }
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Highest session that was forgotten: an unknown one at or below may have been here before. */
  get forgotten(): Timestamp {
    return this.#forgotten
  }

  look(mark: SessionMark): SessionVerdict {
    const session = this.#sessions.get(mark.session)
    if (session === undefined) {
      return { known: mark.session <= this.#forgotten ? 'forgotten' : 'new' }
    }
    const version = session.answers.get(mark.sequence)
    if (version !== undefined) return { known: 'answered', version }
    return { known: mark.sequence < session.answeredBelow ? 'forgotten' : 'new' }
  }

  remember({ mark, version }: SessionAnswer): void {
    const session = this.#sessions.get(mark.session) ?? {
      usedAt: 0,
      answeredBelow: 0,
      answers: new Map<number, Timestamp>(),
    }
    this.#sessions.delete(mark.session)
    this.#sessions.set(mark.session, session)
    session.usedAt = ++this.#uses
    session.answers.set(mark.sequence, version)
    this.#raise(session, mark.answeredBelow)
    this.#changed.add(mark.session)
    if (this.#sessions.size > SESSIONS_MAX) this.#forgetOldest()
  }

  records(): SessionRecord[] {
    return [...this.#sessions].map(([session, state]) => record(session, state))
  }

  /** What changed since the last time, for the disk. */
  takeChanges(): SessionChanges {
    const changed = [...this.#changed].map((id) => record(id, this.#sessions.get(id) as Session))
    const forgotten = [...this.#gone]
    this.#changed.clear()
    this.#gone.clear()
    return { changed, forgotten }
  }

  /** Throws when an invariant above is broken. */
  audit(): void {
    assert(this.#sessions.size <= SESSIONS_MAX, 'SESSIONS-I2: too many sessions')
    for (const { answers, answeredBelow } of this.#sessions.values()) {
      assert(answers.size <= SESSION_WINDOW, 'SESSIONS-I1: too many answers')
      for (const sequence of answers.keys()) {
        assert(sequence >= answeredBelow, 'SESSIONS-I1: an answer that nobody needs')
      }
    }
  }

  /** Drops answers that the client has, and, beyond the window, the lowest: they count as answered. */
  #raise(session: Session, answeredBelow: number): void {
    const { answers } = session
    if (answeredBelow > session.answeredBelow) session.answeredBelow = answeredBelow
    for (const sequence of answers.keys()) {
      if (sequence < session.answeredBelow) answers.delete(sequence)
    }
    if (answers.size <= SESSION_WINDOW) return
    const lowest = Math.min(...answers.keys())
    answers.delete(lowest)
    session.answeredBelow = lowest + 1
  }

  #forgetOldest(): void {
    const [oldest] = this.#sessions.keys()
    if (oldest === undefined) return
    this.#sessions.delete(oldest)
    this.#forgotten = later(this.#forgotten, oldest)
    this.#changed.delete(oldest)
    this.#gone.add(oldest)
  }
}

const record = (session: Timestamp, state: Session): SessionRecord => ({
  session,
  usedAt: state.usedAt,
  answeredBelow: state.answeredBelow,
  answers: [...state.answers],
})
