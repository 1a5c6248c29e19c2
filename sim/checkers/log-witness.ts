/**
 * The logs of one group as they land on disks: entries of one index and term are the same everywhere, and
 * the hard state of one disk never goes back.
 */

import { type Bytes, equalBytes } from '../../src/base/bytes.ts'
import type { Entry, HardState } from '../../src/core/raft/types.ts'
import type { GroupKeys } from '../../src/storage/keyspace.ts'
import { readEntries } from '../../src/storage/log-rows.ts'
import { readBase, readHardState } from '../../src/storage/raftlog.ts'
import type { StoreOp } from '../../src/storage/store.ts'
import type { Finding } from './findings.ts'

/** What is remembered of one disk; a wiped one is another disk. */
interface DiskLog {
  hardState: HardState | undefined
  /** The last log entry on it. */
  lastEntry: number
}

export class LogWitness {
  readonly #keys: GroupKeys
  readonly #findings: Finding[]
  readonly #entries = new Map<string, { readonly entry: Entry; readonly disk: string }>()
  readonly #disks = new Map<string, DiskLog>()

  constructor(keys: GroupKeys, findings: Finding[]) {
    this.#keys = keys
    this.#findings = findings
  }

  lastEntryOn(disk: string): number {
    return this.#log(disk).lastEntry
  }

  /** What it acknowledged before may still be on its way, and counts. */
  wiped(disk: string): void {
    const { lastEntry } = this.#log(disk)
    this.#disks.set(disk, { hardState: undefined, lastEntry })
  }

  /** One row of the group's. A hard state that is dropped ends a peer: whoever comes next is another. */
  landed(disk: string, op: StoreOp, atUs: number): void {
    const room = String.fromCharCode(op.key[this.#keys.tailAt - 1] as number)
    if (op.type === 'delete') {
      if (room === 'h') this.#disks.delete(disk)
      return
    }
    const log = this.#log(disk)
    if (room === 'c') log.lastEntry = Math.max(log.lastEntry, readBase(this.#keys, op.value).index)
    else if (room === 'h') this.#hardState(disk, log, op.value, atUs)
    else if (room === 'l') {
      for (const entry of readEntries(this.#keys, [op.key, op.value])) {
        log.lastEntry = entry.index
        this.#entry(disk, entry, atUs)
      }
    }
  }

  #entry(disk: string, entry: Entry, atUs: number): void {
    const { index, term } = entry
    const name = `${index}.${term}`
    const seen = this.#entries.get(name)
    if (seen === undefined) {
      this.#entries.set(name, { entry, disk })
    } else if (seen.entry.kind !== entry.kind || !equalBytes(seen.entry.data, entry.data)) {
      const sentence = `${disk} has another entry ${index} of term ${term} than ${seen.disk}`
      this.#report('raft.log-matching', sentence, atUs)
    }
  }

  #hardState(disk: string, log: DiskLog, value: Bytes, atUs: number): void {
    const now = readHardState(this.#keys, value)
    const before = log.hardState
    log.hardState = now
    if (before === undefined) return
    if (now.term < before.term) {
      this.#report('raft.term-kept', `${disk} went from term ${before.term} to ${now.term}`, atUs)
    }
    const changed = before.vote !== undefined && now.vote !== before.vote
    if (now.term === before.term && changed) {
      const sentence = `${disk} voted for ${before.vote} and ${now.vote} in term ${now.term}`
      this.#report('raft.vote-kept', sentence, atUs)
    }
  }

  #log(disk: string): DiskLog {
    let log = this.#disks.get(disk)
    if (log === undefined) {
      log = { hardState: undefined, lastEntry: 0 }
      this.#disks.set(disk, log)
    }
    return log
  }

  #report(promise: string, sentence: string, atUs: number): void {
    this.#findings.push({ promise, sentence, atUs })
  }
}
