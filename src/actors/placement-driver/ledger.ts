/**
 * The driver's changes on their way to disk: in order, many in one transaction, one transaction at a time,
 * each holding only under this driver's epoch. What must not be heard before it is durable waits here.
 */

import type { Change } from '../../core/placement/records.ts'
import type { AskOutcome, Context } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import { type DriverRow, EPOCH_KEY, epochBytes, rowOf } from '../../wire/driver-records.ts'
import { deleteOf, holds, putOf, type Written, writeOf, writtenIs } from '../system/requests.ts'

export const LEDGER_TAG = 'ledger:'

/** Of one transaction, about. */
const ROWS_AT_ONCE = 256
const BYTES_AT_ONCE = 256 * 1024

/** `landed`: all of it is on disk; else nobody can tell. */
type Then = (landed: boolean, context: Context) => void

/** What is put together goes to disk together, unless it is very much: then in its order. */
type Group = readonly DriverRow[]

export class Ledger {
  readonly #group: Address
  readonly #term: number
  readonly #timeoutMs: number
  #queue: Group[] = []
  /** Groups taken, and how many of them are on disk. */
  #taken = 0
  #landed = 0
  #writing: { readonly tag: string; readonly upTo: number } | undefined
  #waiting: { readonly upTo: number; readonly then: Then }[] = []

  constructor(self: Address, term: number, timeoutMs: number) {
    this.#group = address(self.node, 'raft-group', self.key)
    this.#term = term
    this.#timeoutMs = timeoutMs
  }

  take(changes: readonly Change[]): void {
    const groups = inGroups(changes.map(rowOf))
    this.#queue.push(...groups)
    this.#taken += groups.length
  }

  /** Once all that was taken so far is on disk; at once if it is. */
  whenWritten(then: Then, context: Context): void {
    if (this.#landed === this.#taken) then(true, context)
    else this.#waiting.push({ upTo: this.#taken, then })
  }

  flush(context: Context): void {
    if (this.#writing !== undefined || this.#queue.length === 0) return
    const rows = this.#takeRows()
    const tag = `${LEDGER_TAG}${this.#term}.${this.#landed}`
    this.#writing = { tag, upTo: this.#taken - this.#queue.length }
    const fence = holds(EPOCH_KEY, epochBytes(this.#term))
    const ops = rows.map(({ key, value }) =>
      value === undefined ? deleteOf(key) : putOf(key, value),
    )
    context.ask(this.#group, writeOf([fence], ops), { tag, timeoutMs: this.#timeoutMs })
  }

  /** Anything but `written`: what this driver believes and what lies on disk are not the same any more. */
  answered(tag: string, outcome: AskOutcome, context: Context): Written {
    const writing = this.#writing
    if (writing?.tag !== tag) return 'written'
    this.#writing = undefined
    const written = writtenIs(outcome)
    if (written !== 'written') return written
    this.#landed = writing.upTo
    const ready = this.#waiting.filter((it) => it.upTo <= this.#landed)
    this.#waiting = this.#waiting.filter((it) => it.upTo > this.#landed)
    for (const { then } of ready) then(true, context)
    return written
  }

  /** This driver is none any more. */
  abandon(context: Context): void {
    for (const { then } of this.#waiting) then(false, context)
    this.#waiting = []
  }

  /** Whole groups, until it is enough; of each key the last row. */
  #takeRows(): readonly DriverRow[] {
    const rows = new Map<string, DriverRow>()
    let groups = 0
    let bytes = 0
    for (const group of this.#queue) {
      bytes += bytesOf(group)
      if (groups > 0 && (rows.size + group.length > ROWS_AT_ONCE || bytes > BYTES_AT_ONCE)) break
      for (const row of group) rows.set(row.key, row)
      groups += 1
    }
    this.#queue = this.#queue.slice(groups)
    return [...rows.values()]
  }
}

function inGroups(rows: readonly DriverRow[]): Group[] {
  const groups: DriverRow[][] = []
  let bytes = 0
  for (const row of rows) {
    bytes += bytesOf([row])
    const last = groups.at(-1)
    if (last === undefined || last.length >= ROWS_AT_ONCE || bytes > BYTES_AT_ONCE) {
      groups.push([row])
      bytes = bytesOf([row])
    } else last.push(row)
  }
  return groups
}

const bytesOf = (rows: Group): number =>
  rows.reduce((sum, { key, value }) => sum + key.length + (value?.byteLength ?? 0), 0)
