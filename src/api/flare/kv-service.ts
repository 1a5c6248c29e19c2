/** `flaredb.v1.Kv`: all that strong namespaces can do with single keys, batches and ranges. */

import type {
  Flare,
  Outcome,
  PartOutcome,
  BatchPart as PartTold,
} from '../../actors/flare/flare.ts'
import { EMPTY } from '../../base/bytes.ts'
import { type WriteOp as Op, timestamp } from '../../core/region/types.ts'
import {
  type BatchPart,
  type GetRequest,
  type GetResponse,
  KvDefinition,
  type ScanRequest,
  type ScanResponse,
  type WriteOp,
} from '../../wire/proto/flaredb/v1/flaredb.ts'
import { toNumber } from '../etcd/kv-requests.ts'
import { type Method, service } from '../grpc/service.ts'
import { Status } from '../grpc/status.ts'
import { checkCount, checkKey, checkRange, checkWrites, scanLimit } from './checks.ts'
import { BATCH_MAX, DELETE_RANGE_MAX, GET_MAX } from './limits.ts'
import { within } from './patience.ts'
import { atOf, rowOf, sessionOf } from './shapes.ts'
import { invalid, statusOf } from './statuses.ts'

type Written = Outcome<Exclude<PartOutcome, { readonly type: 'failed' }>>

export function kvService(flare: Flare): readonly Method[] {
  return service(KvDefinition, {
    get: (request, call) => get(within(flare, call), request),
    scan: (request, call) => scan(within(flare, call), request),

    async put({ namespace, key, value, ttlMs, session }, call) {
      const refused = checkWrites('writes', [{ key, value }], 1)
      if (refused) return refused
      const op: Op = { key, action: 'put', value, ttlMs: toNumber(ttlMs), expect: undefined }
      return versionOf(await within(flare, call).write(namespace, op, sessionOf(session)))
    },

    async delete({ namespace, key, session }, call) {
      const refused = checkKey(key)
      if (refused) return refused
      const op: Op = { key, action: 'delete', value: EMPTY, ttlMs: 0, expect: undefined }
      return versionOf(await within(flare, call).write(namespace, op, sessionOf(session)))
    },

    async batch({ namespace, ops: wanted, session }, call) {
      const ops = wanted.flatMap(opOf)
      if (ops.length < wanted.length) return invalid('an operation neither puts nor deletes')
      const refused = checkWrites('operations', ops, BATCH_MAX)
      if (refused) return refused
      const done = await within(flare, call).batch(namespace, ops, sessionOf(session))
      return done.ok ? { parts: done.value.map(partOf) } : statusOf(done.problem)
    },

    async deleteRange({ namespace, startKey, endKey, limit: wanted }, call) {
      const limit = wanted === 0 ? DELETE_RANGE_MAX : wanted
      const refused =
        checkRange(startKey, endKey) ?? checkCount('keys to delete', limit, DELETE_RANGE_MAX)
      if (refused) return refused
      const done = await within(flare, call).deleteRange(
        namespace,
        { from: startKey, to: endKey },
        limit,
      )
      if (!done.ok) return statusOf(done.problem)
      const { keys, next } = done.value
      return { deleted: BigInt(keys), hasMore: next !== undefined, nextKey: next ?? EMPTY }
    },

    async checksum({ namespace, startKey, endKey, at }, call) {
      const refused = checkRange(startKey, endKey)
      if (refused) return refused
      const range = { from: startKey, to: endKey }
      const done = await within(flare, call).checksum(namespace, range, atOf(at))
      if (!done.ok) return statusOf(done.problem)
      const { rows, bytes, hash, at: summed } = done.value
      return { rows: BigInt(rows), bytes: BigInt(bytes), hash, at: summed }
    },
  })
}

export async function get(flare: Flare, request: GetRequest): Promise<GetResponse | Status> {
  const { namespace, keys, at } = request
  const refused = checkCount('keys', keys.length, GET_MAX) ?? firstOf(keys, checkKey)
  if (refused) return refused
  const found = await flare.get(namespace, keys, atOf(at))
  return found.ok ? { rows: found.value.map(rowOf) } : statusOf(found.problem)
}

export async function scan(flare: Flare, request: ScanRequest): Promise<ScanResponse | Status> {
  const { namespace, startKey: from, endKey: to, reverse, keysOnly } = request
  const limit = scanLimit(request.limit)
  if (limit instanceof Status) return limit
  const refused = checkRange(from, to)
  if (refused) return refused
  const range = { from, to, limit, reverse, keysOnly, at: atOf(request.at) }
  const page = await flare.scan(namespace, range)
  if (!page.ok) return statusOf(page.problem)
  const { rows, next } = page.value
  return { rows: rows.map(rowOf), hasMore: next !== undefined, nextKey: next ?? EMPTY }
}

/** A write without an expectation meets no other version. */
function versionOf(written: Written): { readonly version: bigint } | Status {
  if (!written.ok) return statusOf(written.problem)
  return { version: written.value.type === 'written' ? written.value.version : 0n }
}

function opOf({ key, action, ttlMs, expectedVersion }: WriteOp): readonly Op[] {
  const expect = expectedVersion === undefined ? undefined : timestamp(expectedVersion)
  if (action?.$case === 'put') {
    return [{ key, action: 'put', value: action.value, ttlMs: toNumber(ttlMs), expect }]
  }
  if (action?.$case !== 'delete' || !action.value) return []
  return [{ key, action: 'delete', value: EMPTY, ttlMs: 0, expect }]
}

function partOf({ ops, outcome }: PartTold): BatchPart {
  switch (outcome.type) {
    case 'written':
      return { ops, outcome: { $case: 'written', value: { version: outcome.version } } }
    case 'mismatch':
      return { ops, outcome: { $case: 'mismatch', value: { versions: outcome.versions } } }
    case 'failed':
      return { ops, outcome: { $case: 'failure', value: outcome.problem } }
  }
}

function firstOf<T>(items: readonly T[], check: (item: T) => Status | undefined) {
  for (const item of items) {
    const verdict = check(item)
    if (verdict) return verdict
  }
  return undefined
}
