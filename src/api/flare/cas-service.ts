/** `flaredb.v1.KvCas`: strong namespaces with compare-and-swap by version. */

import type { Flare } from '../../actors/flare/flare.ts'
import { EMPTY } from '../../base/bytes.ts'
import { timestamp, type WriteOp } from '../../core/region/types.ts'
import { KvCasDefinition } from '../../wire/proto/flaredb/v1/flaredb.ts'
import { toNumber } from '../etcd/kv-requests.ts'
import { type Method, service } from '../grpc/service.ts'
import { Status } from '../grpc/status.ts'
import { checkKey, checkWrites } from './checks.ts'
import { get, scan } from './kv-service.ts'
import { within } from './patience.ts'
import { sessionOf } from './shapes.ts'
import { invalid, statusOf } from './statuses.ts'

export function casService(flare: Flare): readonly Method[] {
  return service(KvCasDefinition, {
    async compareAndSwap({ namespace, key, value, expectedVersion, ttlMs, session }, call) {
      const refused = checkWrites('writes', [{ key, value }], 1)
      if (refused) return refused
      const expect = timestamp(expectedVersion)
      const op: WriteOp = { key, action: 'put', value, ttlMs: toNumber(ttlMs), expect }
      const written = await within(flare, call).write(namespace, op, sessionOf(session))
      if (!written.ok) return statusOf(written.problem)
      return written.value.type === 'written'
        ? { success: true, currentVersion: 0n, newVersion: written.value.version }
        : { success: false, currentVersion: written.value.versions[0] ?? 0n, newVersion: 0n }
    },

    async get({ namespace, key }, call) {
      const told = await get(within(flare, call), { namespace, keys: [key], at: 0n })
      if (told instanceof Status) return told
      const row = told.rows[0]
      return row === undefined
        ? { found: false, value: EMPTY, version: 0n }
        : { found: true, value: row.value, version: row.version }
    },

    async scan({ namespace, startKey, endKey, limit }, call) {
      const range = { namespace, startKey, endKey, limit }
      const page = await scan(within(flare, call), {
        ...range,
        reverse: false,
        keysOnly: false,
        at: 0n,
      })
      if (page instanceof Status) return page
      return {
        keys: page.rows.map(({ key }) => key),
        values: page.rows.map(({ value }) => value),
        versions: page.rows.map(({ version }) => version),
        hasMore: page.hasMore,
        nextKey: page.nextKey,
      }
    },

    async delete({ namespace, key, expectedVersion, session }, call) {
      const refused = checkKey(key)
      if (refused) return refused
      if (expectedVersion === 0n) {
        return invalid('expected_version is 0: give the version that the key has, or use Kv.Delete')
      }
      const expect = timestamp(expectedVersion)
      const op: WriteOp = { key, action: 'delete', value: EMPTY, ttlMs: 0, expect }
      const written = await within(flare, call).write(namespace, op, sessionOf(session))
      if (!written.ok) return statusOf(written.problem)
      return written.value.type === 'written'
        ? { success: true, currentVersion: 0n }
        : { success: false, currentVersion: written.value.versions[0] ?? 0n }
    },
  })
}
