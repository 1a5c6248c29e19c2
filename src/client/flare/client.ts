/** The FlareDB client's front: `connect({ endpoints })`. */

import { AdminDefinition } from '../../wire/proto/flaredb/v1/flaredb.ts'
import type { ConnectOptions } from '../connect.ts'
import { Endpoints } from '../endpoints.ts'
import { Admin } from './admin.ts'
import { Calls } from './calls.ts'
import { Namespace } from './namespace.ts'
import { Sessions } from './session.ts'
import { type Transacted, type TransactOptions, transact } from './transact.ts'
import type { Transaction } from './transaction.ts'

export interface FlareOptions extends ConnectOptions {
  /** Marks writes, so that they may be sent again when an answer is lost; true unless given. */
  readonly sessions?: boolean
}

export interface Stamps {
  /** `first`, `first` + 1n, and so on. */
  readonly first: bigint
  readonly count: number
}

export class FlareClient {
  readonly admin: Admin
  readonly #calls: Calls
  readonly #sessions: Sessions | undefined

  constructor({ endpoints, tls, timeoutMs = 10_000, sessions = true }: FlareOptions) {
    this.#calls = new Calls(new Endpoints({ endpoints, tls, timeoutMs }))
    this.admin = new Admin(this.#calls)
    this.#sessions = sessions ? new Sessions(() => this.timestamp()) : undefined
  }

  /** Asks nobody; a namespace that is not there fails with the first call. */
  namespace(name = 'default'): Namespace {
    return new Namespace(name, this.#calls, this.#sessions)
  }

  /** Greater than every one that anybody had before. */
  async timestamp(): Promise<bigint> {
    return (await this.timestamps(1)).first
  }

  timestamps(count: number): Promise<Stamps> {
    const { fullName, methods } = AdminDefinition
    return this.#calls.read(fullName, methods.timestamps, { count })
  }

  /** A transaction over any strong namespaces: see `transact.ts`. */
  transact<T>(
    run: (transaction: Transaction) => Promise<T>,
    options: TransactOptions = {},
  ): Promise<Transacted<T>> {
    return transact(this.#calls, (name) => this.namespace(name), run, options)
  }

  /** Ends every connection. */
  close(): void {
    this.#calls.close()
  }
}

/** Connects lazily, with the first call. */
export const connect = (options: FlareOptions): FlareClient => new FlareClient(options)
