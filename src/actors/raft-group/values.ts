/**
 * Pairs by version: from the cache, else fetched off the thread. Whoever asks holds a pin for as long
 * as it waits, so that no scrub takes the rows away.
 */

import { must } from '../../base/assert.ts'
import type { Bytes } from '../../base/bytes.ts'
import type { KvWrite, ValueReader } from '../../core/kv/applied.ts'
import type { KeyValue } from '../../core/kv/types.ts'
import type { RevisionId } from '../../core/mvcc/revision.ts'
import type { Context } from '../../runtime/actor.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import { readKeyValue } from '../../storage/kvrows.ts'
import { ValueCache } from './value-cache.ts'

/** No values: the rows are being replaced by a snapshot. */
type Ready = (values: readonly KeyValue[] | undefined, context: Context) => void

interface Wanted {
  readonly rows: readonly RevisionId[]
  readonly values: (KeyValue | undefined)[]
  readonly ready: Ready
}

/** Rows of one fetch. */
const FETCH_ROWS = 256
const TAG = 'values:'

export class Values {
  readonly #keys: GroupKeys
  readonly #cache: ValueCache
  readonly #wanted = new Map<string, Wanted>()
  #number = 0

  constructor(keys: GroupKeys, cacheBytes: number) {
    this.#keys = keys
    this.#cache = new ValueCache(cacheBytes)
  }

  /** Calls back at once when all is cached, else in the receive that brings the last of them. */
  get(rows: readonly RevisionId[], context: Context, ready: Ready): void {
    const values: (KeyValue | undefined)[] = new Array(rows.length)
    let missing = false
    for (let i = 0; i < rows.length; i++) {
      values[i] = this.#cache.get(rows[i] as RevisionId)
      missing ||= values[i] === undefined
    }
    if (!missing) {
      ready(values as KeyValue[], context)
      return
    }
    this.#number += 1
    const tag = `${TAG}${this.#number}`
    this.#wanted.set(tag, { rows, values, ready })
    this.#fetchNext(tag, context)
  }

  ownsTag(tag: string): boolean {
    return tag.startsWith(TAG)
  }

  fetched(tag: string, found: readonly (Bytes | undefined)[], context: Context): void {
    const wanted = this.#wanted.get(tag)
    if (wanted === undefined) return
    let next = 0
    for (let i = 0; i < wanted.rows.length && next < found.length; i++) {
      if (wanted.values[i] !== undefined) continue
      const at = wanted.rows[i] as RevisionId
      const kv = readKeyValue(this.#keys, at, found[next++])
      wanted.values[i] = kv
      this.#cache.put(at, kv)
    }
    this.#fetchNext(tag, context)
  }

  /** What an applied entry wrote: likely to be read soon, other than what it replaced (0: nothing). */
  keep(at: RevisionId, kv: KeyValue, replaced: number): void {
    this.#cache.put(at, kv)
    if (replaced > 0) this.#cache.replaced(replaced)
  }

  /** Reads now, on this thread; looks into `unwritten` for what has no row yet. */
  reader(context: Context, unwritten: readonly KvWrite[] = []): ValueReader {
    return {
      get: (at) => {
        const known = this.#cache.get(at) ?? putIn(unwritten, at)
        if (known !== undefined) return known
        const key = this.#keys.revision(at.main, at.sub)
        return readKeyValue(this.#keys, at, context.read(key))
      },
    }
  }

  interrupt(context: Context): void {
    const interrupted = [...this.#wanted.values()]
    this.#wanted.clear()
    this.#cache.clear()
    for (const { ready } of interrupted) ready(undefined, context)
  }

  #fetchNext(tag: string, context: Context): void {
    const wanted = must(this.#wanted.get(tag), 'values were asked for')
    const keys: Bytes[] = []
    for (let i = 0; i < wanted.rows.length && keys.length < FETCH_ROWS; i++) {
      const at = wanted.rows[i] as RevisionId
      if (wanted.values[i] === undefined) keys.push(this.#keys.revision(at.main, at.sub))
    }
    if (keys.length > 0) {
      context.fetch(keys, tag)
      return
    }
    this.#wanted.delete(tag)
    wanted.ready(wanted.values as KeyValue[], context)
  }
}

function putIn(rows: readonly KvWrite[], at: RevisionId): KeyValue | undefined {
  const row = rows.findLast(
    (it) => it.row === 'put' && it.at.main === at.main && it.at.sub === at.sub,
  )
  return row?.row === 'put' ? row.kv : undefined
}
