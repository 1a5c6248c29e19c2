/**
 * What a Raft machine keeps on disk, through an actor's context: persists its effects, tells it what has
 * landed, fetches entries that left its memory, and cuts the log lazily behind what is applied.
 */

import type { RaftMachine } from '../../core/raft/machine.ts'
import type { RaftEffect } from '../../core/raft/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import { type LogRows, readEntries } from '../../storage/log-rows.ts'
import type { Row } from '../../storage/store.ts'

type Of<T extends RaftEffect['type']> = Extract<RaftEffect, { readonly type: T }>

const PERSIST_TAG = 'persist:'
const LOG_TAG = 'log:'
/** More rows than any page of the log may have bytes for. */
const LOG_ROWS = 10_000

export class RaftDisk {
  readonly #raft: RaftMachine
  readonly #keys: GroupKeys
  readonly #rows: LogRows

  constructor(raft: RaftMachine, keys: GroupKeys, rows: LogRows) {
    this.#raft = raft
    this.#keys = keys
    this.#rows = rows
  }

  persist(effect: Of<'persist'>, context: Context): void {
    context.write(this.#rows.persist(effect, (key) => context.read(key)))
    context.whenLanded(`${PERSIST_TAG}${effect.batch}`)
  }

  /** A batch with this tag is on disk. False if it is none of these. */
  landed(tag: string): boolean {
    if (!tag.startsWith(PERSIST_TAG)) return false
    this.#raft.step({ type: 'persisted', batch: Number(tag.slice(PERSIST_TAG.length)) })
    return true
  }

  fetch({ token, from, to, maxBytes }: Of<'fetch-log'>, context: Context): void {
    const limit = { rows: LOG_ROWS, bytes: maxBytes }
    context.scan(this.#rows.range(from, to), limit, `${LOG_TAG}${token} ${from}`)
  }

  /** A page of the log with this tag. False if it is none of these. */
  page(tag: string, rows: readonly Row[]): boolean {
    if (!tag.startsWith(LOG_TAG)) return false
    const [token, from] = tag.slice(LOG_TAG.length).split(' ').map(Number) as [number, number]
    const found = rows.flatMap((row) => readEntries(this.#keys, row))
    const at = found.findIndex((entry) => entry.index === from)
    // Cut away meanwhile: what is left behind the gap is of no use.
    this.#raft.step({ type: 'log-fetched', token, entries: at < 0 ? [] : found.slice(at) })
    return true
  }

  /** Lazy writes land in order: the cut never reaches the disk before the applied rows it relies on. */
  cut(effect: Of<'compact-log'>, context: Context): void {
    context.writeLazily(this.#rows.cut(effect.base))
  }

  /** A snapshot took the place of the log. */
  clear(): void {
    this.#rows.clear()
  }
}
