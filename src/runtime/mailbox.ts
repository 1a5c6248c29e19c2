/**
 * A mailbox: three lanes, each bounded by count and by weight. A full lane refuses at once and says
 * which; it never blocks and never drops what it took. What was asked for by the actor itself (timers,
 * answers, completions, supervision) has its place reserved at the time of asking and is never refused.
 */

import type { Input } from './actor.ts'
import { Fifo } from './fifo.ts'
import type { LaneLimit } from './limits.ts'
import type { Lane } from './message.ts'
import type { Timer } from './timers.ts'

export interface Letter {
  readonly input: Input
  readonly weight: number
  /** Set on a timer's input: cancelled while queued, it is not delivered. */
  readonly timer?: Timer
}

/** Why a message was not taken. */
export interface Overloaded {
  readonly type: 'overloaded'
  readonly lane: Lane
  readonly messages: number
  readonly bytes: number
}

export const LANES: readonly Lane[] = ['system', 'consensus', 'normal']

class BoundedLane {
  readonly letters = new Fifo<Letter>()
  /** Only what counts against the limit; reserved letters do not. */
  messages = 0
  bytes = 0
}

export class Mailbox {
  readonly #limits: Readonly<Record<Lane, LaneLimit>>
  readonly #lanes: Readonly<Record<Lane, BoundedLane>> = {
    system: new BoundedLane(),
    consensus: new BoundedLane(),
    normal: new BoundedLane(),
  }

  constructor(limits: Readonly<Record<Lane, LaneLimit>>) {
    this.#limits = limits
  }

  get size(): number {
    return this.urgent + this.#lanes.normal.letters.size
  }

  /** Letters of the system and consensus lanes. */
  get urgent(): number {
    return this.#lanes.system.letters.size + this.#lanes.consensus.letters.size
  }

  depth(lane: Lane): number {
    return this.#lanes[lane].letters.size
  }

  /** Takes a message, or says why not. */
  offer(lane: Lane, input: Input, weight: number): Overloaded | undefined {
    const box = this.#lanes[lane]
    const limit = this.#limits[lane]
    // A message heavier than the whole lane still fits an empty one, or it could never be sent.
    const full = box.messages >= limit.messages || box.bytes + weight > limit.bytes
    if (full && box.messages > 0) {
      return { type: 'overloaded', lane, messages: box.messages, bytes: box.bytes }
    }
    box.messages++
    box.bytes += weight
    box.letters.push({ input, weight })
    return undefined
  }

  /** Takes what has its place reserved. */
  reserve(input: Input, timer?: Timer, lane: Lane = 'system'): void {
    this.#lanes[lane].letters.push(
      timer === undefined ? { input, weight: 0 } : { input, weight: 0, timer },
    )
  }

  /** The same, before everything else: the first input of a life. */
  reserveFirst(input: Input): void {
    this.#lanes.system.letters.unshift({ input, weight: 0 })
  }

  /** The next letter: system before consensus before normal, or a normal one if there is and it is due. */
  take(normalFirst: boolean): Letter | undefined {
    if (normalFirst && this.#lanes.normal.letters.size > 0) return this.#takeFrom('normal')
    for (const lane of LANES) if (this.#lanes[lane].letters.size > 0) return this.#takeFrom(lane)
    return undefined
  }

  /** Takes out the letters for which `keep` says no. */
  remove(keep: (letter: Letter) => boolean): Letter[] {
    const removed: Letter[] = []
    for (const lane of LANES) {
      for (const letter of this.#lanes[lane].letters.remove(keep)) {
        this.#discount(lane, letter)
        removed.push(letter)
      }
    }
    return removed
  }

  #takeFrom(lane: Lane): Letter | undefined {
    const letter = this.#lanes[lane].letters.shift()
    if (letter !== undefined) this.#discount(lane, letter)
    return letter
  }

  #discount(lane: Lane, letter: Letter): void {
    if (letter.weight === 0) return
    this.#lanes[lane].messages--
    this.#lanes[lane].bytes -= letter.weight
  }
}
