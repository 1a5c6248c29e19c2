/** `flaredb.v1.Txn`: snapshot isolation. The server keeps nothing of a transaction before its commit. */

import type { Committed, Flare, NamedMutation } from '../../actors/flare/flare.ts'
import { EMPTY } from '../../base/bytes.ts'
import { timestamp } from '../../core/region/types.ts'
import { type Aborted, type Mutation, TxnDefinition } from '../../wire/proto/flaredb/v1/flaredb.ts'
import { type Method, service } from '../grpc/service.ts'
import type { Status } from '../grpc/status.ts'
import { checkCount, checkWrites } from './checks.ts'
import { get, scan } from './kv-service.ts'
import { BATCH_MAX } from './limits.ts'
import { within } from './patience.ts'
import { invalid, statusOf } from './statuses.ts'

export function txnService(flare: Flare): readonly Method[] {
  return service(TxnDefinition, {
    async begin(_, call) {
      const drawn = await within(flare, call).stamps(1)
      return drawn.ok ? { start: drawn.value.first } : statusOf(drawn.problem)
    },

    async get(request, call) {
      return request.at === 0n ? NO_START : get(within(flare, call), request)
    },

    async scan(request, call) {
      return request.at === 0n ? NO_START : scan(within(flare, call), request)
    },

    async commit({ start, mutations: wanted }, call) {
      if (start === 0n) return NO_START
      const mutations = wanted.map(mutationOf)
      const refused =
        checkCount('mutations', mutations.length, BATCH_MAX) ?? checkMutations(mutations)
      if (refused) return refused
      const done = await within(flare, call).commit(timestamp(start), mutations)
      if (!done.ok) return statusOf(done.problem)
      return done.value.type === 'committed'
        ? { committed: true, version: done.value.at, aborted: undefined }
        : { committed: false, version: 0n, aborted: abortedOf(done.value) }
    },
  })
}

const NO_START = invalid('the start is 0: give that of the transaction, as Begin answered')

const ACTIONS = ['put', 'insert', 'delete', 'lock'] as const

const mutationOf = ({ namespace, key, action, value }: Mutation): NamedMutation => {
  const named = ACTIONS[action] ?? 'put'
  const writes = named === 'put' || named === 'insert'
  return { namespace, key, action: named, value: writes ? value : EMPTY }
}

function checkMutations(mutations: readonly NamedMutation[]): Status | undefined {
  for (const own of Map.groupBy(mutations, ({ namespace }) => namespace).values()) {
    const refused = checkWrites('mutations', own, BATCH_MAX)
    if (refused) return refused
  }
  return undefined
}

const abortedOf = ({
  reason,
  text,
  key,
  again,
}: Extract<Committed, { readonly type: 'aborted' }>): Aborted => ({
  reason,
  text,
  key: key ?? EMPTY,
  again,
})
