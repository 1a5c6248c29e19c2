/** `flaredb.v1.Txn`: snapshot isolation. The server keeps nothing of a transaction before its commit. */

import type { Flare } from '../../actors/flare/flare.ts'
import { TxnDefinition } from '../../wire/proto/flaredb/v1/flaredb.ts'
import { type Method, service } from '../grpc/service.ts'
import { get, scan } from './kv-service.ts'
import { invalid, statusOf } from './statuses.ts'

export function txnService(flare: Flare): readonly Method[] {
  return service(TxnDefinition, {
    async begin() {
      const drawn = await flare.stamps(1)
      return drawn.ok ? { start: drawn.value.first } : statusOf(drawn.problem)
    },

    async get(request) {
      return request.at === 0n ? NO_START : get(flare, request)
    },

    async scan(request) {
      return request.at === 0n ? NO_START : scan(flare, request)
    },
  })
}

const NO_START = invalid('at is 0: give the start of the transaction, as Begin answered')
