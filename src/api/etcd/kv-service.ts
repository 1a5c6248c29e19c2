/** `etcdserverpb.KV`: reads, writes, transactions, compaction. */

import type { Chainfire, Outcome } from '../../actors/chainfire.ts'
import { assert } from '../../base/assert.ts'
import { checkTxn as checkTxnKeys } from '../../core/kv/txn-check.ts'
import { onlyReads } from '../../core/kv/txn-scan.ts'
import type { Command, CommandResult } from '../../core/kv/types.ts'
import { KVDefinition } from '../../wire/proto/etcdserverpb/kv.ts'
import { type Method, service } from '../grpc/service.ts'
import { Status } from '../grpc/status.ts'
import { checkDelete, checkPut, checkRange, checkSize, checkTxn } from './checks.ts'
import { REFUSALS, statusOf } from './errors.ts'
import { headerOf } from './header.ts'
import { deleteRangeFrom, putFrom, rangeFrom, toNumber, txnFrom } from './kv-requests.ts'
import {
  deleteRangeResponseOf,
  putResponseOf,
  rangeResponseOf,
  txnResponseOf,
} from './kv-responses.ts'
import type { ServiceParts } from './services.ts'

export function kvService(parts: ServiceParts): readonly Method[] {
  const { chainfire, membership, limits } = parts

  return service(KVDefinition, {
    async range(request) {
      const refused = checkRange(request)
      if (refused) return refused
      const outcome = await chainfire.range(rangeFrom(request))
      if (!outcome.ok) return statusOf(outcome)
      return rangeResponseOf(headerOf(membership, outcome.header), outcome.value)
    },

    async put(request, call) {
      const refused = checkPut(request) ?? checkSize(call, limits.maxRequestBytes)
      if (refused) return refused
      const done = await chainfire.write({ op: 'put', request: putFrom(request) })
      const result = resultOf(done, 'put')
      if (result instanceof Status) return result
      return putResponseOf(headerOf(membership, result.header), result.value.response)
    },

    async deleteRange(request, call) {
      const refused = checkDelete(request) ?? checkSize(call, limits.maxRequestBytes)
      if (refused) return refused
      const done = await chainfire.write({ op: 'delete-range', request: deleteRangeFrom(request) })
      const result = resultOf(done, 'delete-range')
      if (result instanceof Status) return result
      return deleteRangeResponseOf(headerOf(membership, result.header), result.value.response)
    },

    async txn(request, call) {
      const refused = checkTxn(request, limits.maxTxnOps)
      if (refused) return refused
      const txn = txnFrom(request)
      if (checkTxnKeys(txn, limits.maxTxnOps) === 'duplicate-key') return REFUSALS.duplicateKey
      const tooLarge = checkSize(call, limits.maxRequestBytes)
      if (tooLarge) return tooLarge
      if (onlyReads(txn)) {
        const read = await chainfire.view(txn)
        if (!read.ok) return statusOf(read)
        return txnResponseOf(headerOf(membership, read.header), read.value)
      }
      const result = resultOf(await chainfire.write({ op: 'txn', request: txn }), 'txn')
      if (result instanceof Status) return result
      return txnResponseOf(headerOf(membership, result.header), result.value.response)
    },

    async compact(request) {
      const revision = toNumber(request.revision)
      const result = resultOf(await chainfire.write({ op: 'compact', revision }), 'compact')
      if (result instanceof Status) return result
      if (request.physical) {
        const scrubbed = await scrubbedBehind(chainfire, revision)
        if (!scrubbed.ok) return statusOf(scrubbed)
      }
      return { header: headerOf(membership, result.header) }
    },
  })
}

/** However long it takes: asking again costs little, and a client that gave up has its own deadline. */
async function scrubbedBehind(chainfire: Chainfire, revision: number): Promise<Outcome<undefined>> {
  for (;;) {
    const outcome = await chainfire.scrubbed(revision)
    const late = !outcome.ok && 'unavailable' in outcome && outcome.unavailable === 'timeout'
    if (!late) return outcome
  }
}

type ResultOf<Op extends Command['op']> = Extract<CommandResult, { readonly op: Op }>
type Done<Op extends Command['op']> = Extract<Outcome<ResultOf<Op>>, { readonly ok: true }>

/** The result of the command asked for, or the status that says why there is none. */
export function resultOf<Op extends Command['op']>(
  outcome: Outcome<CommandResult>,
  op: Op,
): Done<Op> | Status {
  if (!outcome.ok) return statusOf(outcome)
  if (outcome.value.op === 'error') return statusOf(outcome.value)
  assert(outcome.value.op === op, `a ${op} was answered with a ${outcome.value.op}`)
  return outcome as Done<Op>
}
