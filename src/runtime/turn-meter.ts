/** Measures turns: counts and times for the meter, and one line for a turn that took too long. */

import { formatAddress } from './address.ts'
import type { Cell } from './cell.ts'
import type { Host } from './host.ts'

export class TurnMeter {
  readonly #host: Host
  readonly #slowUs: number
  turns = 0
  inputs = 0
  #startUs = 0
  #slowest: Cell | undefined
  #slowestUs = 0

  constructor(host: Host, slowTurnMs: number) {
    this.#host = host
    this.#slowUs = slowTurnMs * 1000
  }

  begin(): void {
    this.turns++
    this.#startUs = this.#host.stopwatchUs()
    this.#slowest = undefined
    this.#slowestUs = 0
  }

  /** One actor handled one input. */
  handled(cell: Cell, us: number): void {
    cell.counters.handled(us)
    if (us <= this.#slowestUs) return
    this.#slowestUs = us
    this.#slowest = cell
  }

  end(inputs: number): void {
    const { meter, log, shard } = this.#host
    const us = this.#host.stopwatchUs() - this.#startUs
    this.inputs += inputs
    meter.count('plasma_turns_total')
    if (inputs > 0) meter.count('plasma_inputs_total', inputs)
    meter.observe('plasma_turn_seconds', us / 1e6)
    if (us <= this.#slowUs || this.#slowest === undefined) return
    const actor = formatAddress(this.#slowest.at)
    const turnMs = Math.round(us / 1000)
    const receiveMs = Math.round(this.#slowestUs / 1000)
    log.warn({ shard, actor, turnMs, receiveMs, inputs }, 'a turn took long')
  }
}
