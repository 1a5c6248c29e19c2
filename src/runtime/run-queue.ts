/**
 * Whose turn it is among the actors of a shard. Those with system or consensus letters come first, but
 * one visit in a few goes to one that only has normal letters; each goes to the back after its visit.
 */

import type { Cell } from './cell.ts'
import { Fifo } from './fifo.ts'

const URGENT_IN_A_ROW = 4

export class RunQueue {
  readonly #urgent = new Fifo<Cell>()
  readonly #normal = new Fifo<Cell>()
  #streak = 0

  get size(): number {
    return this.#urgent.size + this.#normal.size
  }

  /** Something lies in this cell's mailbox. */
  ready(cell: Cell): void {
    if (cell.queuedUrgent) return
    if (cell.mailbox.urgent > 0) {
      cell.queuedUrgent = true
      this.#urgent.push(cell)
    } else if (!cell.queuedNormal) {
      cell.queuedNormal = true
      this.#normal.push(cell)
    }
  }

  next(): Cell | undefined {
    const normalDue = this.#streak >= URGENT_IN_A_ROW && this.#normal.size > 0
    if (this.#urgent.size > 0 && !normalDue) {
      this.#streak++
      const cell = this.#urgent.shift() as Cell
      cell.queuedUrgent = false
      return cell
    }
    this.#streak = 0
    const cell = this.#normal.shift()
    if (cell !== undefined) cell.queuedNormal = false
    return cell
  }
}
