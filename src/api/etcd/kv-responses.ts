/** Results from the domain's shapes to protobuf. */

import type * as domain from '../../core/kv/types.ts'
import type { ResponseHeader } from '../../wire/proto/etcdserverpb/header.ts'
import type {
  DeleteRangeResponse,
  PutResponse,
  RangeResponse,
  ResponseOp,
  TxnResponse,
} from '../../wire/proto/etcdserverpb/kv.ts'
import type { KeyValue } from '../../wire/proto/mvccpb/kv.ts'

type Head = ResponseHeader | undefined

export function keyValueOf(kv: domain.KeyValue): KeyValue {
  return {
    key: kv.key,
    createRevision: BigInt(kv.createRevision),
    modRevision: BigInt(kv.modRevision),
    version: BigInt(kv.version),
    value: kv.value,
    lease: kv.lease,
  }
}

export function rangeResponseOf(header: Head, response: domain.RangeResponse): RangeResponse {
  return {
    header,
    kvs: response.kvs.map(keyValueOf),
    more: response.more,
    count: BigInt(response.count),
  }
}

export function putResponseOf(header: Head, { prevKv }: domain.PutResponse): PutResponse {
  return { header, prevKv: prevKv && keyValueOf(prevKv) }
}

export function deleteRangeResponseOf(
  header: Head,
  response: domain.DeleteRangeResponse,
): DeleteRangeResponse {
  return {
    header,
    deleted: BigInt(response.deleted),
    prevKvs: response.prevKvs.map(keyValueOf),
  }
}

export function txnResponseOf(header: Head, response: domain.TxnResponse): TxnResponse {
  return {
    header,
    succeeded: response.succeeded,
    responses: response.responses.map(responseOpOf),
  }
}

/** Headers inside a transaction carry the revision alone. */
function responseOpOf(result: domain.ResponseOp): ResponseOp {
  const header: ResponseHeader = {
    clusterId: 0n,
    memberId: 0n,
    revision: BigInt(result.revision),
    raftTerm: 0n,
  }
  switch (result.op) {
    case 'range':
      return {
        response: { $case: 'responseRange', value: rangeResponseOf(header, result.response) },
      }
    case 'put':
      return { response: { $case: 'responsePut', value: putResponseOf(header, result.response) } }
    case 'delete-range':
      return {
        response: {
          $case: 'responseDeleteRange',
          value: deleteRangeResponseOf(header, result.response),
        },
      }
    case 'txn':
      return { response: { $case: 'responseTxn', value: txnResponseOf(header, result.response) } }
  }
}
