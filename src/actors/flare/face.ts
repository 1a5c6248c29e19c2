/** FlareDB with promises, for the doors. */

import type { Outside } from '../../runtime/outside.ts'
import type { Flare } from './flare.ts'
import { FlareCalls, type FlareCallsOptions } from './flare-calls.ts'
import type { Done, Outcome } from './outcome.ts'

type Args<Name extends keyof FlareCalls> = FlareCalls[Name] extends (
  ...args: [...infer A, Done<infer _>]
) => void
  ? A
  : never

export const flareFace = (outside: Outside, options: FlareCallsOptions): Flare =>
  new Face(FlareCalls.over(outside, options))

class Face implements Flare {
  readonly #calls: FlareCalls

  constructor(calls: FlareCalls) {
    this.#calls = calls
  }

  within(timeoutMs: number): Flare {
    return new Face(this.#calls.within(timeoutMs))
  }

  get(...args: Args<'get'>) {
    return promise<ReturnOf<'get'>>((done) => this.#calls.get(...args, done))
  }

  scan(...args: Args<'scan'>) {
    return promise<ReturnOf<'scan'>>((done) => this.#calls.scan(...args, done))
  }

  checksum(...args: Args<'checksum'>) {
    return promise<ReturnOf<'checksum'>>((done) => this.#calls.checksum(...args, done))
  }

  write(...args: Args<'write'>) {
    return promise<ReturnOf<'write'>>((done) => this.#calls.write(...args, done))
  }

  batch(...args: Args<'batch'>) {
    return promise<ReturnOf<'batch'>>((done) => this.#calls.batch(...args, done))
  }

  deleteRange(...args: Args<'deleteRange'>) {
    return promise<ReturnOf<'deleteRange'>>((done) => this.#calls.deleteRange(...args, done))
  }

  commit(...args: Args<'commit'>) {
    return promise<ReturnOf<'commit'>>((done) => this.#calls.commit(...args, done))
  }

  stamps(...args: Args<'stamps'>) {
    return promise<ReturnOf<'stamps'>>((done) => this.#calls.stamps(...args, done))
  }

  namespaces(...args: Args<'namespaces'>) {
    return promise<ReturnOf<'namespaces'>>((done) => this.#calls.namespaces(...args, done))
  }

  createNamespace(...args: Args<'createNamespace'>) {
    return promise<ReturnOf<'createNamespace'>>((done) =>
      this.#calls.createNamespace(...args, done),
    )
  }

  dropNamespace(...args: Args<'dropNamespace'>) {
    return promise<ReturnOf<'dropNamespace'>>((done) => this.#calls.dropNamespace(...args, done))
  }

  regions(...args: Args<'regions'>) {
    return promise<ReturnOf<'regions'>>((done) => this.#calls.regions(...args, done))
  }

  actOnRegion(...args: Args<'actOnRegion'>) {
    return promise<ReturnOf<'actOnRegion'>>((done) => this.#calls.actOnRegion(...args, done))
  }

  explain(...args: Args<'explain'>) {
    return promise<ReturnOf<'explain'>>((done) => this.#calls.explain(...args, done))
  }

  digest(...args: Args<'digest'>) {
    return promise<ReturnOf<'digest'>>((done) => this.#calls.digest(...args, done))
  }

  stores(...args: Args<'stores'>) {
    return promise<ReturnOf<'stores'>>((done) => this.#calls.stores(...args, done))
  }

  setStore(...args: Args<'setStore'>) {
    return promise<ReturnOf<'setStore'>>((done) => this.#calls.setStore(...args, done))
  }
}

type ReturnOf<Name extends keyof FlareCalls> = FlareCalls[Name] extends (
  ...args: [...infer _, Done<infer T>]
) => void
  ? T
  : never

const promise = <T>(call: (done: Done<T>) => void): Promise<Outcome<T>> => new Promise(call)
