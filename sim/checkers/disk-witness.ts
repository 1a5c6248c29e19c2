/**
 * Reads what lands on every disk, and so knows the true past of a group without asking its actors.
 *
 * A version that lands anywhere was committed: so the first disk that shows it sets the truth, and every
 * other must show the same bytes. The same for the state's hash at one applied index. Logs: log-witness.ts.
 */

import { type Bytes, compareBytes, equalBytes } from '../../src/base/bytes.ts'
import type { GroupId } from '../../src/base/ids.ts'
import type { Event } from '../../src/core/kv/types.ts'
import { GroupKeys } from '../../src/storage/keyspace.ts'
import { readLease, readMeta, readVersion } from '../../src/storage/kvrows.ts'
import type { StoreOp } from '../../src/storage/store.ts'
import type { Finding } from './findings.ts'
import type { LeaseLife } from './lease.ts'
import { LogWitness } from './log-witness.ts'
import { keyText, Timeline } from './timeline.ts'

interface SeenRow {
  readonly key: Bytes
  readonly value: Bytes
  readonly atUs: number
  readonly disk: string
}

/** What the witness remembers of one disk; a wiped one is another disk. */
interface DiskState {
  installing: boolean
}

export class DiskWitness {
  readonly findings: Finding[] = []
  readonly #keys: GroupKeys
  readonly #prefix: Bytes
  /** By row key. */
  readonly #versions = new Map<string, SeenRow>()
  readonly #logs: LogWitness
  readonly #hashes = new Map<number, { readonly hash: number; readonly disk: string }>()
  readonly #leases = new Map<bigint, LeaseLife>()
  readonly #disks = new Map<string, DiskState>()
  #lastRevision = 1
  #lastApplied = 0

  constructor(group: GroupId) {
    this.#keys = new GroupKeys(group)
    this.#prefix = this.#keys.all().from
    this.#logs = new LogWitness(this.#keys, this.findings)
  }

  /** The newest revision that any disk has shown. */
  get lastRevision(): number {
    return this.#lastRevision
  }

  get lastApplied(): number {
    return this.#lastApplied
  }

  leases(): readonly LeaseLife[] {
    return [...this.#leases.values()]
  }

  /** What it acknowledged before may still be on its way, and counts. */
  wiped(disk: string): void {
    this.#disks.set(disk, { installing: false })
    this.#logs.wiped(disk)
  }

  lastEntryOn(disk: string): number {
    return this.#logs.lastEntryOn(disk)
  }

  landed(disk: string, ops: readonly StoreOp[], atUs: number): void {
    const mine = ops.filter((op) => startsWith(op.key, this.#prefix))
    const state = this.#state(disk)
    const whole = mine.some((op) => op.type === 'put' && this.#room(op.key) === 'a')
    for (const op of mine) {
      this.#logs.landed(disk, op, atUs)
      if (op.type === 'put') this.#put(disk, state, op.key, op.value, atUs)
      else this.#dropped(state, op.key, whole, atUs)
    }
  }

  /** The past as all disks together show it. Throws if a revision is missing: then a check is blind. */
  timeline(): Timeline {
    const past = new Timeline()
    const rows = [...this.#versions.values()].sort((a, b) => compareBytes(a.key, b.key))
    let events: Event[] = []
    let atUs = 0
    let main = 0
    const latest = new Map<string, number>()
    const close = (): void => {
      if (events.length > 0) past.append(main, events, atUs)
      events = []
    }
    for (const row of rows) {
      const version = readVersion(this.#keys, [row.key, row.value])
      if (version.at.main !== main) close()
      main = version.at.main
      atUs = row.atUs
      const name = keyText(version.key)
      events.push(eventOf(version, latest.get(name) ?? 0))
      latest.set(name, version.kv === undefined ? 0 : main)
    }
    close()
    return past
  }

  #put(disk: string, state: DiskState, key: Bytes, value: Bytes, atUs: number): void {
    const room = this.#room(key)
    if (room === 'r') this.#version(disk, key, value, atUs)
    else if (room === 'a') this.#meta(disk, value, atUs)
    else if (room === 'e') this.#lease(key, value, atUs)
    else if (room === 'i') state.installing = true
  }

  /** A lease's row dropped by apply, not to make room for a snapshot, is its end. */
  #dropped(state: DiskState, key: Bytes, whole: boolean, atUs: number): void {
    const room = this.#room(key)
    if (room === 'i') state.installing = false
    if (room !== 'e' || state.installing || !whole) return
    const id = new DataView(key.buffer, key.byteOffset).getBigInt64(this.#keys.tailAt)
    const life = this.#leases.get(id)
    if (life && life.endedUs === undefined) life.endedUs = atUs
  }

  #lease(key: Bytes, value: Bytes, atUs: number): void {
    const { id, ttl } = readLease(this.#keys, [key, value])
    if (this.#leases.has(id)) return
    this.#leases.set(id, { id, ttlSeconds: ttl, grantedUs: atUs, endedUs: undefined })
  }

  #version(disk: string, key: Bytes, value: Bytes, atUs: number): void {
    const name = keyText(key)
    const seen = this.#versions.get(name)
    const { main, sub } = readVersion(this.#keys, [key, value]).at
    this.#lastRevision = Math.max(this.#lastRevision, main)
    if (seen === undefined) {
      this.#versions.set(name, { key, value, atUs, disk })
    } else if (!equalBytes(seen.value, value)) {
      this.#report(
        'raft.state-machine',
        `${disk} has another version ${main}.${sub} than ${seen.disk}`,
        atUs,
      )
    }
  }

  #meta(disk: string, value: Bytes, atUs: number): void {
    const { appliedIndex, hash } = readMeta(this.#keys, value)
    this.#lastApplied = Math.max(this.#lastApplied, appliedIndex)
    const seen = this.#hashes.get(appliedIndex)
    if (seen === undefined) {
      this.#hashes.set(appliedIndex, { hash, disk })
    } else if (seen.hash !== hash) {
      const sentence = `${disk} has another state after entry ${appliedIndex} than ${seen.disk}`
      this.#report('raft.state-machine', sentence, atUs)
    }
  }

  #state(disk: string): DiskState {
    let state = this.#disks.get(disk)
    if (state === undefined) {
      state = { installing: false }
      this.#disks.set(disk, state)
    }
    return state
  }

  #room(key: Bytes): string {
    return String.fromCharCode(key[this.#keys.tailAt - 1] as number)
  }

  #report(promise: string, sentence: string, atUs: number): void {
    this.findings.push({ promise, sentence, atUs })
  }
}

function eventOf(version: ReturnType<typeof readVersion>, previousRevision: number): Event {
  if (version.kv) return { type: 'put', kv: version.kv, previousRevision }
  const kv = { value: new Uint8Array(0), createRevision: 0, version: 0, lease: 0n }
  return {
    type: 'delete',
    kv: { key: version.key, ...kv, modRevision: version.at.main },
    previousRevision,
  }
}

const startsWith = (key: Bytes, prefix: Bytes): boolean =>
  key.length >= prefix.length && prefix.every((byte, i) => key[i] === byte)
