/**
 * A transaction while its function runs: reads come from one snapshot with the transaction's own writes laid
 * over it; writes wait here until the commit sends them all.
 */

import { type Bytes, compareBytes, EMPTY } from '../../base/bytes.ts'
import {
  Mutation_Action as Action,
  type Mutation,
  type Row,
} from '../../wire/proto/flaredb/v1/flaredb.ts'
import { bytesOf, type Text } from '../shapes.ts'
import { Conflict } from './errors.ts'
import { type Namespace, type PageOptions, rangeOf } from './namespace.ts'

type ScanOptions = Omit<PageOptions, 'at' | 'keysOnly'>

/** Of a row that is not written yet. */
const NO_VERSION = 0n

export class Transaction {
  /** Everything is read as of this timestamp. */
  readonly start: bigint
  readonly #open: (name: string) => Namespace
  readonly #rooms = new Map<string, TxnNamespace>()

  constructor(start: bigint, open: (name: string) => Namespace) {
    this.start = start
    this.#open = open
  }

  namespace(name = 'default'): TxnNamespace {
    const room = this.#rooms.get(name) ?? new TxnNamespace(this.#open(name), this.start)
    this.#rooms.set(name, room)
    return room
  }

  /** What it writes so far, in the order in which keys were first written. */
  mutations(): Mutation[] {
    return [...this.#rooms.values()].flatMap((room) => room.mutations())
  }
}

export class TxnNamespace {
  readonly #namespace: Namespace
  readonly #at: bigint
  readonly #writes = new Map<string, Mutation>()

  constructor(namespace: Namespace, at: bigint) {
    this.#namespace = namespace
    this.#at = at
  }

  async get(key: Text): Promise<Row | undefined> {
    const own = this.#own(bytesOf(key))
    if (own !== undefined) return own.row
    return this.#namespace.get(key, { at: this.#at })
  }

  /** Those that are there, in the order asked for. */
  async getMany(keys: readonly Text[]): Promise<readonly Row[]> {
    const wanted = keys.map(bytesOf)
    const foreign = wanted.filter((key) => this.#own(key) === undefined)
    const rows =
      foreign.length === 0 ? [] : await this.#namespace.getMany(foreign, { at: this.#at })
    const found = new Map(rows.map((row) => [nameOf(row.key), row]))
    return wanted.flatMap((key) => {
      const own = this.#own(key)
      return (own === undefined ? found.get(nameOf(key)) : own.row) ?? []
    })
  }

  async *scan(options: ScanOptions = {}): AsyncGenerator<Row, void, void> {
    const { reverse = false } = options
    const sign = reverse ? -1 : 1
    const own = this.#ownIn(options).sort((a, b) => sign * compareBytes(a.key, b.key))
    for await (const row of this.#namespace.scan({ ...options, at: this.#at })) {
      while (own[0] !== undefined && sign * compareBytes(own[0].key, row.key) < 0) {
        yield* rowsOf(own.shift() as Mutation)
      }
      const same = own[0] !== undefined && compareBytes(own[0].key, row.key) === 0
      if (same) yield* rowsOf(own.shift() as Mutation)
      else yield row
    }
    for (const mutation of own) yield* rowsOf(mutation)
  }

  put(key: Text, value: Text): void {
    this.#write(key, Action.PUT, bytesOf(value))
  }

  /** The commit fails if the key is there. */
  insert(key: Text, value: Text): void {
    const own = this.#own(bytesOf(key))
    if (own?.row !== undefined) throw new Conflict('exists', 'the transaction has written the key')
    // What it has deleted itself may be there.
    this.#write(key, own === undefined ? Action.INSERT : Action.PUT, bytesOf(value))
  }

  delete(key: Text): void {
    this.#write(key, Action.DELETE, EMPTY)
  }

  /** The commit fails if somebody else wrote the key meanwhile: for what was read and decided upon. */
  lock(key: Text): void {
    const bytes = bytesOf(key)
    if (!this.#writes.has(nameOf(bytes))) this.#write(bytes, Action.LOCK, EMPTY)
  }

  mutations(): Mutation[] {
    return [...this.#writes.values()]
  }

  #write(key: Text, action: Action, value: Bytes): void {
    const bytes = bytesOf(key)
    const name = nameOf(bytes)
    const before = this.#writes.get(name)?.action
    // What was to be inserted must still not have been there.
    const kept = before === Action.INSERT && action === Action.PUT ? Action.INSERT : action
    this.#writes.set(name, { namespace: this.#namespace.name, key: bytes, action: kept, value })
  }

  /** Undefined: it has not written this key. */
  #own(key: Bytes): { readonly row: Row | undefined } | undefined {
    const mutation = this.#writes.get(nameOf(key))
    if (mutation === undefined || mutation.action === Action.LOCK) return undefined
    return { row: rowsOf(mutation)[0] }
  }

  #ownIn(options: ScanOptions): Mutation[] {
    const { startKey, endKey } = rangeOf(options)
    return [...this.#writes.values()].filter(
      ({ key, action }) =>
        action !== Action.LOCK &&
        compareBytes(key, startKey) >= 0 &&
        (endKey.length === 0 || compareBytes(key, endKey) < 0),
    )
  }
}

const rowsOf = ({ key, action, value }: Mutation): readonly Row[] =>
  action === Action.DELETE ? [] : [{ key, value, version: NO_VERSION }]

/** The same for the same bytes. */
const nameOf = (key: Bytes): string => Buffer.from(key).toString('latin1')
