/** `flaredb.v1.Txn`: snapshot isolation. The server keeps nothing of a transaction before its commit. */

import type { Flare } from '../../actors/flare/flare.ts'
import { TxnDefinition } from '../../wire/proto/flaredb/v1/flaredb.ts'
import { type Method, service } from '../grpc/service.ts'
import { get, scan } from './kv-service.ts'
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
  })
}

const NO_START = invalid('at is 0: give the start of the transaction, as Begin answered')
