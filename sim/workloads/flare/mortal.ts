/**
 * A way into the cluster that can end in the middle: after its death nothing leaves any more, and no answer
 * comes. So dies a client that coordinates a transaction, after any of its steps.
 */

import type { OutsideGate } from '../../../src/runtime/outside.ts'

export class Mortal implements OutsideGate {
  readonly #gate: OutsideGate
  readonly #onDeath: () => void
  #left = Number.POSITIVE_INFINITY
  #dead = false

  constructor(gate: OutsideGate, onDeath: () => void) {
    this.#gate = gate
    this.#onDeath = onDeath
  }

  /** It dies instead of sending its so many-th question from now. */
  dieAfter(questions: number): void {
    this.#left = questions
  }

  kill(): void {
    this.#dead = true
  }

  ask(...[to, message, timeoutMs, done]: Parameters<OutsideGate['ask']>): void {
    if (this.#dead) return
    if (--this.#left < 0) {
      this.kill()
      this.#onDeath()
      return
    }
    this.#gate.ask(to, message, timeoutMs, (outcome) => {
      if (!this.#dead) done(outcome)
    })
  }

  open(receive: Parameters<OutsideGate['open']>[0]): ReturnType<OutsideGate['open']> {
    return this.#gate.open((message, from) => {
      if (!this.#dead) receive(message, from)
    })
  }

  nowMs(): number {
    return this.#gate.nowMs()
  }

  later(afterMs: number, call: () => void): boolean {
    return this.#gate.later(afterMs, () => {
      if (!this.#dead) call()
    })
  }
}
