/** Runs a function as a transaction, again from a new start while others come in its way. */

import { type Aborted, TxnDefinition } from '../../wire/proto/flaredb/v1/flaredb.ts'
import type { CallOptions } from '../endpoints.ts'
import type { Calls } from './calls.ts'
import { Conflict } from './errors.ts'
import type { Namespace } from './namespace.ts'
import { Transaction } from './transaction.ts'

const { fullName: SERVICE, methods: METHODS } = TxnDefinition

export interface TransactOptions extends CallOptions {
  /** How often the function may run; 10 unless given. */
  readonly tries?: number
}

/** At which timestamp it was committed; of one that wrote nothing, its snapshot. */
export interface Transacted<T> {
  readonly value: T
  readonly version: bigint
}

const TRIES = 10
const PAUSE_MS = 5
const LONGEST_PAUSE_MS = 500

/**
 * The function reads and writes through the transaction alone: it runs anew after each conflict. What it throws
 * ends the transaction, of which then nothing is there. Throws `Conflict` when all tries are used up, and
 * `Undetermined`, never tried again, when the answer to a commit was lost.
 */
export async function transact<T>(
  calls: Calls,
  open: (name: string) => Namespace,
  run: (transaction: Transaction) => Promise<T>,
  { tries = TRIES, ...options }: TransactOptions = {},
): Promise<Transacted<T>> {
  for (let attempt = 1; ; attempt++) {
    const { start } = await calls.read(SERVICE, METHODS.begin, {}, options)
    const transaction = new Transaction(start, open)
    const value = await run(transaction)
    const mutations = transaction.mutations()
    if (mutations.length === 0) return { value, version: start }
    const request = { start, mutations }
    const how = { ...options, marked: false }
    const done = await calls.write(SERVICE, METHODS.commit, request, how)
    if (done.committed) return { value, version: done.version }
    const { reason, text, again } = done.aborted as Aborted
    if (!again || attempt >= tries) throw new Conflict(reason, text)
    // Those that met here should not meet again.
    const pauseMs = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** attempt) * Math.random()
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
