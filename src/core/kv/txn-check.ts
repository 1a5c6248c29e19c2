/** What a door refuses of a request before it costs anybody anything. Pure; errors in etcd's order. */

import type { TxnRequest } from './types.ts'

export type RequestError =
  | 'empty-key'
  | 'value-provided'
  | 'lease-provided'
  | 'too-many-operations'
  | 'duplicate-key'

export declare function checkTxn(request: TxnRequest, maxOps: number): RequestError | undefined
