/**
 * What Chainfire's replicated machine is asked and what it answers: etcd's KV and Lease shapes with
 * etcd's defaults spelled out, independent of protobuf. Revisions and counts are numbers (at most
 * 2^53 - 1), lease ids are bigints. Every field is always there; empty bytes stand for an absent
 * `rangeEnd`, and the one byte 0 for "no upper bound", as etcd has it.
 */

import type { Bytes } from '../../base/bytes.ts'

export interface KeyValue {
  readonly key: Bytes
  readonly value: Bytes
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  /** 0n when no lease is attached. */
  readonly lease: bigint
}

export type SortTarget = 'key' | 'version' | 'create' | 'mod' | 'value'
export type SortOrder = 'none' | 'ascend' | 'descend'

export interface RangeRequest {
  readonly key: Bytes
  readonly rangeEnd: Bytes
  /** 0 or less: no limit. */
  readonly limit: number
  /** 0 or less: the current revision. */
  readonly revision: number
  readonly sortOrder: SortOrder
  readonly sortTarget: SortTarget
  readonly keysOnly: boolean
  readonly countOnly: boolean
  readonly minModRevision: number
  readonly maxModRevision: number
  readonly minCreateRevision: number
  readonly maxCreateRevision: number
  /** Inside a transaction's plain reads only; elsewhere the door decides by it whether to confirm leadership. */
  readonly serializable: boolean
}

export interface RangeResponse {
  readonly kvs: readonly KeyValue[]
  readonly more: boolean
  readonly count: number
}

export interface PutRequest {
  readonly key: Bytes
  readonly value: Bytes
  readonly lease: bigint
  readonly prevKv: boolean
  readonly ignoreValue: boolean
  readonly ignoreLease: boolean
}

export interface PutResponse {
  readonly prevKv: KeyValue | undefined
}

export interface DeleteRangeRequest {
  readonly key: Bytes
  readonly rangeEnd: Bytes
  readonly prevKv: boolean
}

export interface DeleteRangeResponse {
  readonly deleted: number
  readonly prevKvs: readonly KeyValue[]
}

export type CompareResult = 'equal' | 'greater' | 'less' | 'not-equal'

export interface Compare {
  readonly key: Bytes
  readonly rangeEnd: Bytes
  readonly result: CompareResult
  readonly operand:
    | { readonly target: 'version' | 'create' | 'mod'; readonly value: number }
    | { readonly target: 'lease'; readonly value: bigint }
    | { readonly target: 'value'; readonly value: Bytes }
}

export type RequestOp =
  | { readonly op: 'range'; readonly request: RangeRequest }
  | { readonly op: 'put'; readonly request: PutRequest }
  | { readonly op: 'delete-range'; readonly request: DeleteRangeRequest }
  | { readonly op: 'txn'; readonly request: TxnRequest }

export interface TxnRequest {
  readonly compare: readonly Compare[]
  readonly success: readonly RequestOp[]
  readonly failure: readonly RequestOp[]
}

export type ResponseOp =
  | { readonly op: 'range'; readonly revision: number; readonly response: RangeResponse }
  | { readonly op: 'put'; readonly revision: number; readonly response: PutResponse }
  | {
      readonly op: 'delete-range'
      readonly revision: number
      readonly response: DeleteRangeResponse
    }
  | { readonly op: 'txn'; readonly revision: number; readonly response: TxnResponse }

export interface TxnResponse {
  readonly succeeded: boolean
  readonly responses: readonly ResponseOp[]
}

/** What goes through the log. */
export type Command =
  | { readonly op: 'put'; readonly request: PutRequest }
  | { readonly op: 'delete-range'; readonly request: DeleteRangeRequest }
  | { readonly op: 'txn'; readonly request: TxnRequest }
  | { readonly op: 'compact'; readonly revision: number }
  /** `id` was drawn by the door; `ttl` in whole seconds, already raised to the minimum. */
  | { readonly op: 'lease-grant'; readonly id: bigint; readonly ttl: number }
  /**
   * By a client: `term` and `granted` 0. By an expirer: its term, and which entry granted the lease whose
   * time is over; refused at apply in any other term, or if the id was granted anew.
   */
  | {
      readonly op: 'lease-revoke'
      readonly id: bigint
      readonly term: number
      readonly granted: number
    }
  /** Remaining seconds of long leases, so that a new leader need not start them anew. */
  | {
      readonly op: 'lease-checkpoint'
      readonly term: number
      readonly remaining: readonly LeaseRemaining[]
    }

export interface LeaseRemaining {
  readonly id: bigint
  readonly granted: number
  readonly seconds: number
}

export type CommandResult =
  | { readonly op: 'put'; readonly response: PutResponse }
  | { readonly op: 'delete-range'; readonly response: DeleteRangeResponse }
  | { readonly op: 'txn'; readonly response: TxnResponse }
  | { readonly op: 'compact' }
  | { readonly op: 'lease-grant'; readonly id: bigint; readonly ttl: number }
  | { readonly op: 'lease-revoke' }
  | { readonly op: 'lease-checkpoint' }
  | { readonly op: 'error'; readonly error: KvError }

/** Expected refusals, decided the same on every node. `api/etcd/errors.ts` has etcd's code and text for each. */
export type KvError =
  | 'compacted'
  | 'future-revision'
  | 'lease-not-found'
  | 'lease-exists'
  | 'key-not-found'
  | 'duplicate-key'
  | 'stale-revoke'

export interface Event {
  readonly type: 'put' | 'delete'
  /** For a delete only `key` and `modRevision` mean anything; the rest is zero. */
  readonly kv: KeyValue
  /** The mod revision of the pair this one replaced; 0 when there was none. */
  readonly previousRevision: number
}
