/** Shapes of Chainfire's own values: pairs, requests, results. Part of every message that carries them. */

import type {
  Command,
  CommandResult,
  Compare,
  DeleteRangeRequest,
  DeleteRangeResponse,
  Event,
  KeyValue,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from '../../core/kv/types.ts'
import {
  bool,
  bytes,
  count,
  id,
  int,
  list,
  oneOf,
  optional,
  recursive,
  type Schema,
  struct,
  union,
} from '../schema.ts'

/** A request is at most 1.5 MiB (the door refuses more); this is the cap for any one part of it. */
const REQUEST_BYTES = 2 * 1024 * 1024
/** Answers are split by their makers; a single huge transaction's result still has to fit. */
const ANSWER_ROWS = 1 << 20
const TXN_OPS = 4096
const TXN_DEPTH = 64

export const key = bytes(REQUEST_BYTES)
export const value = bytes(REQUEST_BYTES)

export const keyValue: Schema<KeyValue> = struct({
  key,
  value,
  createRevision: count,
  modRevision: count,
  version: count,
  lease: id,
})

export const event: Schema<Event> = struct({
  type: oneOf('put', 'delete'),
  kv: keyValue,
  previousRevision: count,
})

export const rangeRequest: Schema<RangeRequest> = struct({
  key,
  rangeEnd: key,
  limit: int,
  revision: int,
  sortOrder: oneOf('none', 'ascend', 'descend'),
  sortTarget: oneOf('key', 'version', 'create', 'mod', 'value'),
  keysOnly: bool,
  countOnly: bool,
  minModRevision: int,
  maxModRevision: int,
  minCreateRevision: int,
  maxCreateRevision: int,
  serializable: bool,
})

const putRequest: Schema<PutRequest> = struct({
  key,
  value,
  lease: id,
  prevKv: bool,
  ignoreValue: bool,
  ignoreLease: bool,
})

const deleteRequest: Schema<DeleteRangeRequest> = struct({ key, rangeEnd: key, prevKv: bool })

const operand = union('target', {
  version: struct({ value: int }),
  create: struct({ value: int }),
  mod: struct({ value: int }),
  lease: struct({ value: id }),
  value: struct({ value }),
})

const compare: Schema<Compare> = struct({
  key,
  rangeEnd: key,
  result: oneOf('equal', 'greater', 'less', 'not-equal'),
  operand: operand as Schema<Compare['operand']>,
})

export const txnRequest: Schema<TxnRequest> = recursive<TxnRequest>(TXN_DEPTH, (inner) => {
  const op = union('op', {
    range: struct({ request: rangeRequest }),
    put: struct({ request: putRequest }),
    'delete-range': struct({ request: deleteRequest }),
    txn: struct({ request: inner }),
  }) as Schema<RequestOp>
  return struct({
    compare: list(compare, TXN_OPS),
    success: list(op, TXN_OPS),
    failure: list(op, TXN_OPS),
  })
})

/** Also as it is read from the log: its keys and values are views of the entry. */
export const command: Schema<Command> = union('op', {
  put: struct({ request: putRequest }),
  'delete-range': struct({ request: deleteRequest }),
  txn: struct({ request: txnRequest }),
  compact: struct({ revision: int }),
  'lease-grant': struct({ id, ttl: count }),
  'lease-revoke': struct({ id, term: count, granted: count }),
  'lease-checkpoint': struct({
    term: count,
    remaining: list(struct({ id, granted: count, seconds: count }), TXN_OPS),
  }),
})

export const rangeResponse: Schema<RangeResponse> = struct({
  kvs: list(keyValue, ANSWER_ROWS),
  more: bool,
  count,
})

const putResponse: Schema<PutResponse> = struct({ prevKv: optional(keyValue) })

const deleteResponse: Schema<DeleteRangeResponse> = struct({
  deleted: count,
  prevKvs: list(keyValue, ANSWER_ROWS),
})

export const txnResponse: Schema<TxnResponse> = recursive<TxnResponse>(TXN_DEPTH, (inner) => {
  const op = union('op', {
    range: struct({ revision: count, response: rangeResponse }),
    put: struct({ revision: count, response: putResponse }),
    'delete-range': struct({ revision: count, response: deleteResponse }),
    txn: struct({ revision: count, response: inner }),
  }) as Schema<ResponseOp>
  return struct({ succeeded: bool, responses: list(op, TXN_OPS) })
})

export const kvError = oneOf(
  'compacted',
  'future-revision',
  'lease-not-found',
  'lease-exists',
  'key-not-found',
  'duplicate-key',
  'stale-revoke',
)

export const commandResult: Schema<CommandResult> = union('op', {
  put: struct({ response: putResponse }),
  'delete-range': struct({ response: deleteResponse }),
  txn: struct({ response: txnResponse }),
  compact: struct({}),
  'lease-grant': struct({ id, ttl: count }),
  'lease-revoke': struct({}),
  'lease-checkpoint': struct({}),
  error: struct({ error: kvError }),
})
