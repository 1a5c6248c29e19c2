/**
 * The entries of a group's log as rows: those persisted together share a row, under the index of the first
 * of them, so that a batch of two hundred costs a few rows and their deletion a few more.
 *
 * Promises: rows follow each other without gap or overlap, also where a conflict cuts the log within a row
 * (its beginning is written anew). A row goes once all of it is cut away; until then it may begin before
 * the log does. Leaves to others: when to write, and the order of what lands.
 */

import type { Bytes } from '../base/bytes.ts'
import { blockBytes, entriesOf, fillBlock } from '../core/raft/entry-block.ts'
import type { Entry, HardState, SnapshotMeta } from '../core/raft/types.ts'
import type { GroupKeys } from './keyspace.ts'
import { baseOp, hardStateOp } from './raftlog.ts'
import {
  CorruptRecord,
  openRecord,
  RECORD_HEAD_BYTES,
  roomForRecord,
  sealInPlace,
} from './record.ts'
import type { KeyRange, Row, StoreOp } from './store.ts'

/** A row holds at most so many bytes, or one entry: what a slow follower is sent is read by whole rows. */
const ROW_BYTES = 16 * 1024

/** What Raft wants kept, as its `persist` effect says it. */
export interface Persisted {
  readonly hardState: HardState | undefined
  /** Indexes of entries that others have replaced. */
  readonly truncate: { readonly from: number; readonly to: number } | undefined
  /** Behind all that is kept. */
  readonly entries: readonly Entry[]
}

/** Reads what was written, landed or not. */
type Read = (key: Bytes) => Bytes | undefined

export class LogRows {
  readonly #keys: GroupKeys
  /** Index of each row's first entry, ascending. */
  #firsts: number[]

  /** `firsts`: the rows that are there already. */
  constructor(keys: GroupKeys, firsts: readonly number[] = []) {
    this.#keys = keys
    this.#firsts = [...firsts]
  }

  /** First what was replaced goes, then what is new comes. To be written in one piece. */
  persist({ truncate, entries, hardState }: Persisted, read: Read): StoreOp[] {
    const ops = truncate === undefined ? [] : this.#truncate(truncate.from, read)
    this.#append(entries, ops)
    if (hardState) ops.push(hardStateOp(this.#keys, hardState))
    return ops
  }

  /** The log now begins after `base`: drops the rows that hold nothing behind it. */
  cut(base: SnapshotMeta): StoreOp[] {
    // The row before the first that begins behind the base may reach over it; the last one is kept anyway.
    const gone = Math.max(0, this.#rowAt(base.index + 1))
    const ops = this.#firsts.splice(0, gone).map((first) => this.#delete(first))
    ops.push(baseOp(this.#keys, base))
    return ops
  }

  /** The rows in which these entries lie, both inclusive. */
  range(from: number, to: number): KeyRange {
    const first = this.#firsts[this.#rowAt(from)] ?? from
    return { from: this.#keys.entry(first), to: this.#keys.entry(to + 1) }
  }

  /** A snapshot took the place of the log: all rows are gone. */
  clear(): void {
    this.#firsts = []
  }

  #truncate(from: number, read: Read): StoreOp[] {
    const row = this.#rowAt(from)
    const first = this.#firsts[row]
    if (first === undefined) return []
    const ops = this.#firsts.splice(row).map((it) => this.#delete(it))
    if (first < from) this.#append(this.#beginning(first, from, read), ops)
    return ops
  }

  /** The entries of a row before `end`. */
  #beginning(first: number, end: number, read: Read): readonly Entry[] {
    const key = this.#keys.entry(first)
    const value = read(key)
    if (value === undefined) throw new CorruptRecord(`log entries from ${first} are missing`)
    return readEntries(this.#keys, [key, value]).filter((entry) => entry.index < end)
  }

  #append(entries: readonly Entry[], ops: StoreOp[]): void {
    for (let from = 0; from < entries.length; ) {
      let to = from
      let bytes = 0
      do bytes += blockBytes(entries[to++] as Entry)
      while (to < entries.length && bytes + blockBytes(entries[to] as Entry) <= ROW_BYTES)
      ops.push(this.#put(entries, from, to, bytes))
      from = to
    }
  }

  #put(entries: readonly Entry[], from: number, to: number, bytes: number): StoreOp {
    const { index } = entries[from] as Entry
    const key = this.#keys.entry(index)
    const record = roomForRecord(bytes)
    fillBlock(record, RECORD_HEAD_BYTES, entries, from, to)
    this.#firsts.push(index)
    return { type: 'put', key, value: sealInPlace(key, record) }
  }

  #delete(first: number): StoreOp {
    return { type: 'delete', key: this.#keys.entry(first) }
  }

  /** The row that holds an index if any does; -1 when all begin behind it. */
  #rowAt(index: number): number {
    let low = 0
    let high = this.#firsts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#firsts[middle] as number) <= index) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/** The entries of one row. Throws `CorruptRecord`. */
export function readEntries(keys: GroupKeys, row: Row): readonly Entry[] {
  const [key, value] = row
  const entries = entriesOf(openRecord(key, value), keys.entryIndex(key))
  if (entries === undefined) throw new CorruptRecord('a row of the log that holds no entries')
  return entries
}

/** Puts the log together from its pages, in key order, and finds holes. */
export class RaftLogReader {
  readonly #keys: GroupKeys
  readonly #base: SnapshotMeta
  readonly #entries: Entry[] = []
  readonly #firsts: number[] = []

  constructor(keys: GroupKeys, base: SnapshotMeta) {
    this.#keys = keys
    this.#base = base
  }

  /** Entries at or before the base are left over: of a row that reaches over it. */
  add(rows: readonly Row[]): void {
    for (const row of rows) {
      this.#firsts.push(this.#keys.entryIndex(row[0]))
      for (const entry of readEntries(this.#keys, row)) this.#take(entry)
    }
  }

  /** The whole log behind the base. Throws when it ends before what this disk has already applied. */
  finish(applied: number): { readonly entries: readonly Entry[]; readonly rows: LogRows } {
    const last = this.#base.index + this.#entries.length
    if (last < applied) {
      throw new CorruptRecord(`the log ends at ${last}, but ${applied} was already applied`)
    }
    return { entries: this.#entries, rows: new LogRows(this.#keys, this.#firsts) }
  }

  #take(entry: Entry): void {
    if (entry.index <= this.#base.index) return
    const expected = this.#base.index + this.#entries.length + 1
    if (entry.index !== expected) {
      const what =
        entry.index < expected
          ? `log entry ${entry.index} is there twice`
          : `log entries ${expected} to ${entry.index - 1} are missing`
      throw new CorruptRecord(what)
    }
    this.#entries.push(entry)
  }
}
