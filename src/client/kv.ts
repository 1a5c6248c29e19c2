/** Keys and values. */

import {
  Compare_CompareResult,
  Compare_CompareTarget,
  type Compare as CompareMessage,
  KVDefinition,
  type RangeRequest,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
  type RequestOp,
  type ResponseOp,
} from '../wire/proto/etcdserverpb/kv.ts'
import type { CallOptions, Endpoints } from './endpoints.ts'
import { bytesOf, type KeyValue, keyValueOf, type Span, spanOf, type Text } from './shapes.ts'

export interface GetOptions extends Span, CallOptions {
  readonly limit?: number
  readonly revision?: number
  readonly serializable?: boolean
  readonly keysOnly?: boolean
  readonly countOnly?: boolean
}

export interface GetResult {
  readonly revision: number
  readonly kvs: readonly KeyValue[]
  readonly count: number
  readonly more: boolean
}

export interface PutOptions extends CallOptions {
  readonly lease?: bigint
  readonly prevKv?: boolean
}

export type Operation =
  | { readonly op: 'get'; readonly key: Text; readonly options?: GetOptions }
  | { readonly op: 'put'; readonly key: Text; readonly value: Text; readonly lease?: bigint }
  | { readonly op: 'delete'; readonly key: Text; readonly options?: Span }

/** `version`, `create`, `mod`: 0 stands for a key that is not there. */
export type Condition =
  | {
      readonly key: Text
      readonly target: 'version' | 'create' | 'mod'
      readonly is: '=' | '>' | '<' | '!='
      readonly to: number
    }
  | {
      readonly key: Text
      readonly target: 'value'
      readonly is: '=' | '>' | '<' | '!='
      readonly to: Text
    }

export interface Transaction {
  readonly compare: readonly Condition[]
  readonly success: readonly Operation[]
  readonly failure?: readonly Operation[]
}

export interface TxnResult {
  readonly revision: number
  readonly succeeded: boolean
  readonly responses: readonly ResponseOp[]
}

const SERVICE = KVDefinition.fullName
const METHODS = KVDefinition.methods
const RESULTS = {
  '=': Compare_CompareResult.EQUAL,
  '>': Compare_CompareResult.GREATER,
  '<': Compare_CompareResult.LESS,
  '!=': Compare_CompareResult.NOT_EQUAL,
} as const

export class Kv {
  readonly #endpoints: Endpoints

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints
  }

  async get(key: Text, options: GetOptions = {}): Promise<GetResult> {
    const request = rangeOf(key, options)
    const answer = await this.#endpoints.read(SERVICE, METHODS.range, request, options)
    return {
      revision: Number(answer.header?.revision ?? 0n),
      kvs: answer.kvs.map(keyValueOf),
      count: Number(answer.count),
      more: answer.more,
    }
  }

  async put(
    key: Text,
    value: Text,
    options: PutOptions = {},
  ): Promise<{ readonly revision: number; readonly prevKv: KeyValue | undefined }> {
    const request = {
      key: bytesOf(key),
      value: bytesOf(value),
      lease: options.lease ?? 0n,
      prevKv: options.prevKv ?? false,
      ignoreValue: false,
      ignoreLease: false,
    }
    const answer = await this.#endpoints.write(SERVICE, METHODS.put, request, options)
    return {
      revision: Number(answer.header?.revision ?? 0n),
      prevKv: answer.prevKv && keyValueOf(answer.prevKv),
    }
  }

  async delete(
    key: Text,
    options: Span & CallOptions = {},
  ): Promise<{ readonly revision: number; readonly deleted: number }> {
    const request = { ...spanOf(key, options), prevKv: false }
    const answer = await this.#endpoints.write(SERVICE, METHODS.deleteRange, request, options)
    return { revision: Number(answer.header?.revision ?? 0n), deleted: Number(answer.deleted) }
  }

  async txn(transaction: Transaction, options: CallOptions = {}): Promise<TxnResult> {
    const request = {
      compare: transaction.compare.map(compareOf),
      success: transaction.success.map(opOf),
      failure: (transaction.failure ?? []).map(opOf),
    }
    const answer = await this.#endpoints.write(SERVICE, METHODS.txn, request, options)
    return {
      revision: Number(answer.header?.revision ?? 0n),
      succeeded: answer.succeeded,
      responses: answer.responses,
    }
  }

  async compact(revision: number, options: CallOptions = {}): Promise<void> {
    const request = { revision: BigInt(revision), physical: false }
    await this.#endpoints.write(SERVICE, METHODS.compact, request, options)
  }
}

function rangeOf(key: Text, options: GetOptions): RangeRequest {
  return {
    ...spanOf(key, options),
    limit: BigInt(options.limit ?? 0),
    revision: BigInt(options.revision ?? 0),
    sortOrder: RangeRequest_SortOrder.NONE,
    sortTarget: RangeRequest_SortTarget.KEY,
    serializable: options.serializable ?? false,
    keysOnly: options.keysOnly ?? false,
    countOnly: options.countOnly ?? false,
    minModRevision: 0n,
    maxModRevision: 0n,
    minCreateRevision: 0n,
    maxCreateRevision: 0n,
  }
}

function opOf(operation: Operation): RequestOp {
  if (operation.op === 'get') {
    const value = rangeOf(operation.key, operation.options ?? {})
    return { request: { $case: 'requestRange', value } }
  }
  if (operation.op === 'delete') {
    const value = { ...spanOf(operation.key, operation.options ?? {}), prevKv: false }
    return { request: { $case: 'requestDeleteRange', value } }
  }
  const value = {
    key: bytesOf(operation.key),
    value: bytesOf(operation.value),
    lease: operation.lease ?? 0n,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
  }
  return { request: { $case: 'requestPut', value } }
}

function compareOf(condition: Condition): CompareMessage {
  const { key, is } = condition
  const common = { key: bytesOf(key), result: RESULTS[is], rangeEnd: new Uint8Array(0) }
  switch (condition.target) {
    case 'version':
      return {
        ...common,
        target: Compare_CompareTarget.VERSION,
        targetUnion: { $case: 'version', value: BigInt(condition.to) },
      }
    case 'create':
      return {
        ...common,
        target: Compare_CompareTarget.CREATE,
        targetUnion: { $case: 'createRevision', value: BigInt(condition.to) },
      }
    case 'mod':
      return {
        ...common,
        target: Compare_CompareTarget.MOD,
        targetUnion: { $case: 'modRevision', value: BigInt(condition.to) },
      }
    case 'value':
      return {
        ...common,
        target: Compare_CompareTarget.VALUE,
        targetUnion: { $case: 'value', value: bytesOf(condition.to) },
      }
  }
}
