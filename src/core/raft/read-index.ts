/**
 * Linearizable reads without a log entry (6.4). `ReadRounds` is the leader's side: the reads of a
 * turn share one round of heartbeats, and are served at the commit index noted when the round
 * began, once a quorum has answered it. `ForwardedReads` is the follower's: the reads of a turn go
 * to the leader as one.
 */

import type { PeerId } from '../../base/ids.ts'

/** Who waits: a read of this peer, or one forwarded by a follower under its own number. */
export type Reader =
  | { readonly at: 'here'; readonly token: number }
  | { readonly at: 'peer'; readonly peer: PeerId; readonly id: number }

interface Round {
  readonly round: number
  readonly index: number
  readonly readers: readonly Reader[]
}

export class ReadRounds {
  /** The latest round begun. */
  latest = 0
  #waiting: Reader[] = []
  #rounds: Round[] = []

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#rounds.length === 0
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Rounds not confirmed yet, ascending; for the audit. */
  get underWay(): readonly Round[] {
    return this.#rounds
  }

  wait(reader: Reader): void {
    this.#waiting.push(reader)
  }

  /** Begins a round for all who wait: from now on only answers to it count for them. */
  begin(commit: number): void {
    this.#rounds.push({ round: ++this.latest, index: commit, readers: this.#waiting })
    this.#waiting = []
  }

  /** A quorum has confirmed rounds up to this one. */
  confirmed(round: number): readonly Round[] {
    let done = 0
    while (done < this.#rounds.length && (this.#rounds[done] as Round).round <= round) done++
    return done === 0 ? [] : this.#rounds.splice(0, done)
  }

  /** Everyone still unserved, when leadership ends. */
  abandon(): readonly Reader[] {
    const readers = [...this.#rounds.flatMap((round) => round.readers), ...this.#waiting]
    this.#rounds = []
    this.#waiting = []
    return readers
  }
}

interface Forwarded {
  readonly id: number
  readonly tokens: readonly number[]
  ticks: number
}

export class ForwardedReads {
  #waiting: number[] = []
  #sent: Forwarded[] = []
  #lastId: number

  /** `firstId` should differ between lives, so that an answer to an older life is nobody's. */
  constructor(firstId: number) {
    this.#lastId = firstId
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#sent.length === 0
  }

  wait(token: number): void {
    this.#waiting.push(token)
  }

  /** Puts all who wait under one number to be asked for; undefined when there are none. */
  bundle(): number | undefined {
    if (this.#waiting.length === 0) return undefined
    const id = ++this.#lastId
    this.#sent.push({ id, tokens: this.#waiting, ticks: 0 })
    this.#waiting = []
    return id
  }

  answered(id: number): readonly number[] {
    const at = this.#sent.findIndex((sent) => sent.id === id)
    return at < 0 ? [] : (this.#sent.splice(at, 1)[0] as Forwarded).tokens
  }

  /** One tick: what to ask again, and which reads have waited too long. */
  tick(retryTicks: number, limitTicks: number): { retry: number[]; refused: readonly number[] } {
    const refused: number[] = []
    const retry: number[] = []
    for (const sent of this.#sent) {
      sent.ticks++
      if (sent.ticks >= limitTicks) refused.push(...sent.tokens)
      else if (sent.ticks % retryTicks === 0) retry.push(sent.id)
    }
    this.#sent = this.#sent.filter((sent) => sent.ticks < limitTicks)
    return { retry, refused }
  }

  abandon(): readonly number[] {
    const tokens = [...this.#sent.flatMap((sent) => sent.tokens), ...this.#waiting]
    this.#sent = []
    this.#waiting = []
    return tokens
  }
}
