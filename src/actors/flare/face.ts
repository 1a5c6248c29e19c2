/** FlareDB with promises, for the doors. */

import type { Outside } from '../../runtime/outside.ts'
import type { Flare } from './flare.ts'
import { FlareCalls, type FlareCallsOptions } from './flare-calls.ts'
import type { Done, Outcome } from './outcome.ts'

export function flareFace(outside: Outside, options: FlareCallsOptions): Flare {
  const calls = new FlareCalls(outside, options)
  return {
    get: (namespace, keys, at) => promise((done) => calls.get(namespace, keys, at, done)),
    scan: (namespace, request) => promise((done) => calls.scan(namespace, request, done)),
    checksum: (namespace, range, at) =>
      promise((done) => calls.checksum(namespace, range, at, done)),
    write: (namespace, op, session) => promise((done) => calls.write(namespace, op, session, done)),
    batch: (namespace, ops, session) =>
      promise((done) => calls.batch(namespace, ops, session, done)),
    deleteRange: (namespace, range, limit) =>
      promise((done) => calls.deleteRange(namespace, range, limit, done)),
    stamps: (count) => promise((done) => calls.stamps(count, done)),
    namespaces: (name) => promise((done) => calls.namespaces(name, done)),
    createNamespace: (name, mode) => promise((done) => calls.createNamespace(name, mode, done)),
    dropNamespace: (name) => promise((done) => calls.dropNamespace(name, done)),
    regions: (namespace, from, limit) =>
      promise((done) => calls.regions(namespace, from, limit, done)),
    actOnRegion: (region, action) => promise((done) => calls.actOnRegion(region, action, done)),
    explain: (region) => promise((done) => calls.explain(region, done)),
    stores: () => promise((done) => calls.stores(done)),
    setStore: (name, state) => promise((done) => calls.setStore(name, state, done)),
  }
}

const promise = <T>(call: (done: Done<T>) => void): Promise<Outcome<T>> => new Promise(call)
