/**
 * The changes of one log entry while they are made: all under one new revision, numbered by sub in the
 * order made. Reads through it see what it wrote. Nothing here refuses: that was decided before.
 */

import { must } from '../../base/assert.ts'
import { type Bytes, EMPTY } from '../../base/bytes.ts'
import type { Lessor } from '../lease/lessor.ts'
import type { KeyHistory } from '../mvcc/key-history.ts'
import type { KeyIndex } from '../mvcc/key-index.ts'
import { spanIsEmpty, spanOf } from '../mvcc/key-span.ts'
import { type KeyText, keyBytes, keyText } from '../mvcc/key-text.ts'
import type { RevisionId } from '../mvcc/revision.ts'
import type { KvWrite, ValueReader } from './applied.ts'
import { RangeScan } from './range-scan.ts'
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  Event,
  KeyValue,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
} from './types.ts'

export interface WritingState {
  readonly index: KeyIndex
  readonly lessor: Lessor
  readonly read: ValueReader
  /** Before the entry. */
  readonly revision: number
}

const NOTHING: readonly never[] = []

export class Writing {
  /** Made with their first element: most entries change one key, and an array that grows takes room for many. */
  #writes: KvWrite[] | undefined
  #events: Event[] | undefined
  readonly #index: KeyIndex
  readonly #lessor: Lessor
  readonly #read: ValueReader
  readonly #before: number
  readonly #main: number

  constructor(state: WritingState) {
    this.#index = state.index
    this.#lessor = state.lessor
    this.#read = state.read
    this.#before = state.revision
    this.#main = state.revision + 1
  }

  get writes(): readonly KvWrite[] {
    return this.#writes ?? NOTHING
  }

  /** One for each write. */
  get events(): readonly Event[] {
    return this.#events ?? NOTHING
  }

  /** What a read here and now is at; unchanged until something changed. */
  get revision(): number {
    return this.events.length === 0 ? this.#before : this.#main
  }

  put(request: PutRequest): PutResponse {
    const text = keyText(request.key)
    const history = this.#index.open(text)
    const wanted = history.alive && (request.prevKv || request.ignoreValue)
    const previous = wanted ? this.#get(history.newest) : undefined
    const create = history.alive ? history.create : this.#main
    const replaced = history.alive ? history.main : 0
    const lease = request.ignoreLease ? this.#lessor.leaseOf(text) : request.lease
    const at = { main: this.#main, sub: this.events.length }
    const kv: KeyValue = {
      key: request.key,
      value: request.ignoreValue ? must(previous, 'checked before').value : request.value,
      createRevision: create,
      modRevision: this.#main,
      version: history.version + 1,
      lease,
    }
    this.#index.push(history, at.main, at.sub, create, kv.version)
    this.#lessor.attach(text, lease)
    this.#made({ row: 'put', at, kv }, { type: 'put', kv, previousRevision: replaced })
    return { prevKv: request.prevKv ? previous : undefined }
  }

  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    const doomed = this.#aliveIn(request.key, request.rangeEnd)
    const prevKvs = request.prevKv ? doomed.map(([, history]) => this.#get(history.newest)) : []
    for (const [key, history] of doomed) this.#delete(key, history)
    return { deleted: doomed.length, prevKvs }
  }

  /** Deletes keys that are known to be alive. */
  deleteKeys(keys: readonly KeyText[]): void {
    for (const key of keys) {
      this.#delete(key, must(this.#index.get(key), 'a key on a lease is known'))
    }
  }

  range(request: RangeRequest): RangeResponse {
    const revision = request.revision > 0 ? request.revision : this.revision
    const scan = new RangeScan(this.#index, request, revision)
    scan.step(Number.MAX_SAFE_INTEGER)
    return scan.finish(scan.rows.map((at) => this.#get(at)))
  }

  #aliveIn(key: Bytes, rangeEnd: Bytes): [KeyText, KeyHistory][] {
    const span = spanOf(key, rangeEnd)
    const found: [KeyText, KeyHistory][] = []
    if (span.single) {
      const history = this.#index.get(span.from)
      if (history?.alive === true) found.push([span.from, history])
    } else if (!spanIsEmpty(span)) {
      this.#index.walk(span.from, span.to, (text, history) => {
        if (history.alive) found.push([text, history])
        return true
      })
    }
    return found
  }

  #delete(text: KeyText, history: KeyHistory): void {
    const at = { main: this.#main, sub: this.events.length }
    const key = keyBytes(text)
    const kv: KeyValue = {
      key,
      value: EMPTY,
      createRevision: 0,
      modRevision: this.#main,
      version: 0,
      lease: 0n,
    }
    const previousRevision = history.main
    this.#index.push(history, at.main, at.sub, 0, 0)
    this.#lessor.attach(text, 0n)
    this.#made({ row: 'tombstone', at, key }, { type: 'delete', kv, previousRevision })
  }

  #made(write: KvWrite, event: Event): void {
    if (this.#writes === undefined || this.#events === undefined) {
      this.#writes = [write]
      this.#events = [event]
    } else {
      this.#writes.push(write)
      this.#events.push(event)
    }
  }

  /** A value written by this very entry is not on disk yet. */
  #get(at: RevisionId): KeyValue {
    if (at.main !== this.#main) return this.#read.get(at)
    return must(this.events[at.sub], 'a change of this entry').kv
  }
}
