/** One strong namespace: keys, batches, ranges. Keys and values are bytes, or text, which goes as UTF-8. */

import { type Bytes, EMPTY, prefixEnd } from '../../base/bytes.ts'
import {
  type BatchPart as BatchPartMessage,
  KvCasDefinition,
  KvDefinition,
  type Row,
  type WriteOp as WriteOpMessage,
} from '../../wire/proto/flaredb/v1/flaredb.ts'
import type { CallOptions } from '../endpoints.ts'
import { bytesOf, type Text } from '../shapes.ts'
import type { Calls } from './calls.ts'
import { FlareError, Undetermined, VersionMismatch } from './errors.ts'
import type { Sessions } from './session.ts'

const KV = KvDefinition
const CAS = KvCasDefinition

/** From `from` to before `to`, or all keys with a prefix; without any, everything. */
export interface Range {
  readonly from?: Text
  readonly to?: Text
  readonly prefix?: Text
}

export interface ReadOptions extends CallOptions {
  /** A snapshot; without it the newest, linearizable for each key. */
  readonly at?: bigint
}

export interface PageOptions extends Range, ReadOptions {
  /** Rows of the page; 100 unless given, 10 240 at most. */
  readonly limit?: number
  readonly reverse?: boolean
  readonly keysOnly?: boolean
}

export interface Page {
  readonly rows: readonly Row[]
  /** What the next page is asked with; undefined: that was all. */
  readonly next: PageOptions | undefined
}

export interface PutOptions extends CallOptions {
  /** The key is gone so many milliseconds later. */
  readonly ttlMs?: number
}

export type BatchOp =
  | {
      readonly op: 'put'
      readonly key: Text
      readonly value: Text
      readonly ttlMs?: number
      readonly expect?: bigint
    }
  | { readonly op: 'delete'; readonly key: Text; readonly expect?: bigint }

/** What became of the operations that one region held: all of them together. */
export interface BatchPart {
  /** Positions in the batch. */
  readonly ops: readonly number[]
  /** Of their commit, if they were done. */
  readonly version: bigint | undefined
  /** Why they were not done: `VersionMismatch` of the first that differed; `Undetermined` if they may have been. */
  readonly error: FlareError | undefined
}

export interface Checksum {
  readonly rows: number
  readonly bytes: number
  readonly hash: bigint
  /** The snapshot that was summed up. */
  readonly at: bigint
}

export class Namespace {
  readonly name: string
  readonly #calls: Calls
  readonly #sessions: Sessions | undefined

  constructor(name: string, calls: Calls, sessions: Sessions | undefined) {
    this.name = name
    this.#calls = calls
    this.#sessions = sessions
  }

  async get(key: Text, options: ReadOptions = {}): Promise<Row | undefined> {
    const [row] = await this.getMany([key], options)
    return row
  }

  /** Those that are there, in the order asked for; 1024 keys at most. */
  async getMany(keys: readonly Text[], options: ReadOptions = {}): Promise<readonly Row[]> {
    const request = { namespace: this.name, keys: keys.map(bytesOf), at: options.at ?? 0n }
    return (await this.#calls.read(KV.fullName, KV.methods.get, request, options)).rows
  }

  /** The version of the key from now on. */
  put(key: Text, value: Text, { ttlMs = 0, ...options }: PutOptions = {}): Promise<bigint> {
    return this.#marked(async (session, marked) => {
      const request = {
        namespace: this.name,
        key: bytesOf(key),
        value: bytesOf(value),
        ttlMs: BigInt(ttlMs),
        session,
      }
      const how = { ...options, marked }
      return (await this.#calls.write(KV.fullName, KV.methods.put, request, how)).version
    })
  }

  async delete(key: Text, options: CallOptions = {}): Promise<void> {
    await this.#marked((session, marked) => {
      const request = { namespace: this.name, key: bytesOf(key), session }
      return this.#calls.write(KV.fullName, KV.methods.delete, request, { ...options, marked })
    })
  }

  /** Writes if the key has this version, 0n: if there is none. Throws `VersionMismatch` otherwise. */
  cas(
    key: Text,
    value: Text,
    expect: bigint,
    { ttlMs = 0, ...options }: PutOptions = {},
  ): Promise<bigint> {
    return this.#marked(async (session, marked) => {
      const request = {
        namespace: this.name,
        key: bytesOf(key),
        value: bytesOf(value),
        expectedVersion: expect,
        ttlMs: BigInt(ttlMs),
        session,
      }
      const how = { ...options, marked }
      const done = await this.#calls.write(CAS.fullName, CAS.methods.compareAndSwap, request, how)
      if (!done.success) throw new VersionMismatch(done.currentVersion)
      return done.newVersion
    })
  }

  /** Deletes the key if it has this version. Throws `VersionMismatch` otherwise. */
  async casDelete(key: Text, expect: bigint, options: CallOptions = {}): Promise<void> {
    await this.#marked(async (session, marked) => {
      const request = {
        namespace: this.name,
        key: bytesOf(key),
        expectedVersion: expect,
        session,
      }
      const how = { ...options, marked }
      const done = await this.#calls.write(CAS.fullName, CAS.methods.delete, request, how)
      if (!done.success) throw new VersionMismatch(done.currentVersion)
    })
  }

  /** Atomic within each region, and not beyond; every operation stands in one part. */
  batch(ops: readonly BatchOp[], options: CallOptions = {}): Promise<readonly BatchPart[]> {
    return this.#marked(async (session, marked) => {
      const request = { namespace: this.name, ops: ops.map(opOf), session }
      const how = { ...options, marked }
      const done = await this.#calls.write(KV.fullName, KV.methods.batch, request, how)
      return done.parts.map((part) => partOf(part, ops))
    })
  }

  async page(options: PageOptions = {}): Promise<Page> {
    const { startKey, endKey } = rangeOf(options)
    const { reverse = false, keysOnly = false } = options
    const request = {
      namespace: this.name,
      startKey,
      endKey,
      limit: options.limit ?? 0,
      reverse,
      keysOnly,
      at: options.at ?? 0n,
    }
    const told = await this.#calls.read(KV.fullName, KV.methods.scan, request, options)
    if (!told.hasMore) return { rows: told.rows, next: undefined }
    const { prefix: _, ...rest } = options
    const [from, to] = reverse ? [startKey, told.nextKey] : [told.nextKey, endKey]
    return { rows: told.rows, next: { ...rest, from, to } }
  }

  /** Row after row, page after page. `limit` is that of each page; leave the loop to end early. */
  async *scan(options: PageOptions = {}): AsyncGenerator<Row, void, void> {
    let asked: PageOptions | undefined = { limit: SCAN_PAGE, ...options }
    while (asked !== undefined) {
      const page: Page = await this.page(asked)
      yield* page.rows
      asked = page.next
    }
  }

  /** How many keys went. In steps, so that others may see some of them gone and others not yet. */
  async deleteRange(range: Range, options: CallOptions = {}): Promise<number> {
    let { startKey, endKey } = rangeOf(range)
    let deleted = 0
    for (;;) {
      const request = { namespace: this.name, startKey, endKey, limit: 0 }
      const how = { ...options, marked: false }
      const done = await this.#calls.write(KV.fullName, KV.methods.deleteRange, request, how)
      deleted += Number(done.deleted)
      if (!done.hasMore) return deleted
      startKey = done.nextKey
    }
  }

  /** Of one snapshot: the same for the same rows, however they are cut into regions. */
  async checksum(range: Range = {}, options: ReadOptions = {}): Promise<Checksum> {
    const request = { namespace: this.name, ...rangeOf(range), at: options.at ?? 0n }
    // It may take as long as it takes.
    const patient = { tryMs: Number.POSITIVE_INFINITY, ...options }
    const told = await this.#calls.read(KV.fullName, KV.methods.checksum, request, patient)
    return { ...told, rows: Number(told.rows), bytes: Number(told.bytes) }
  }

  #marked<T>(write: (session: Mark, marked: boolean) => Promise<T>): Promise<T> {
    if (this.#sessions === undefined) return write(undefined, false)
    return this.#sessions.marked((mark) => write(mark, mark !== undefined))
  }
}

type Mark = Parameters<Parameters<Sessions['marked']>[0]>[0]

const SCAN_PAGE = 1000

export function rangeOf({ from, to, prefix }: Range): { startKey: Bytes; endKey: Bytes } {
  if (prefix === undefined)
    return { startKey: bytesOf(from ?? EMPTY), endKey: bytesOf(to ?? EMPTY) }
  const start = bytesOf(prefix)
  return { startKey: start, endKey: prefixEnd(start) ?? EMPTY }
}

function opOf(op: BatchOp): WriteOpMessage {
  const key = bytesOf(op.key)
  const expectedVersion = op.expect
  if (op.op === 'delete') {
    return { key, action: { $case: 'delete', value: true }, ttlMs: 0n, expectedVersion }
  }
  const value = bytesOf(op.value)
  return { key, action: { $case: 'put', value }, ttlMs: BigInt(op.ttlMs ?? 0), expectedVersion }
}

function partOf({ ops, outcome }: BatchPartMessage, batch: readonly BatchOp[]): BatchPart {
  switch (outcome?.$case) {
    case 'written':
      return { ops, version: outcome.value.version, error: undefined }
    case 'mismatch': {
      const { versions } = outcome.value
      const wrong = ops.findIndex((at, i) => {
        const expect = batch[at]?.expect
        return expect !== undefined && expect !== versions[i]
      })
      return { ops, version: undefined, error: new VersionMismatch(versions[wrong] ?? 0n) }
    }
    case 'failure': {
      const { reason, text } = outcome.value
      const Kind = reason === 'undetermined' ? Undetermined : FlareError
      return { ops, version: undefined, error: new Kind(reason, text) }
    }
    default:
      return { ops, version: undefined, error: new Undetermined('undetermined', 'no outcome told') }
  }
}
