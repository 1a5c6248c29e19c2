/**
 * etcd's code and text for everything that may be refused or go wrong: one table. Clients compare these
 * texts, so each byte counts.
 */

import type { Unavailable } from '../../actors/chainfire.ts'
import type { KvError } from '../../core/kv/types.ts'
import { Code, type CodeNumber, Status } from '../grpc/status.ts'

const etcd = (code: CodeNumber, text: string): Status => new Status(code, `etcdserver: ${text}`)

export const REFUSALS = {
  emptyKey: etcd(Code.INVALID_ARGUMENT, 'key is not provided'),
  keyNotFound: etcd(Code.INVALID_ARGUMENT, 'key not found'),
  valueProvided: etcd(Code.INVALID_ARGUMENT, 'value is provided'),
  leaseProvided: etcd(Code.INVALID_ARGUMENT, 'lease is provided'),
  tooManyOps: etcd(Code.INVALID_ARGUMENT, 'too many operations in txn request'),
  duplicateKey: etcd(Code.INVALID_ARGUMENT, 'duplicate key given in txn request'),
  invalidClientApiVersion: etcd(Code.INVALID_ARGUMENT, 'invalid client api version'),
  invalidSortOption: etcd(Code.INVALID_ARGUMENT, 'invalid sort option'),
  requestTooLarge: etcd(Code.INVALID_ARGUMENT, 'request is too large'),
  leaseTtlTooLarge: etcd(Code.OUT_OF_RANGE, 'too large lease TTL'),
  authNotEnabled: etcd(Code.FAILED_PRECONDITION, 'authentication is not enabled'),
  noLeader: etcd(Code.UNAVAILABLE, 'no leader'),
  stopped: etcd(Code.UNAVAILABLE, 'server stopped'),
} as const

const KV_ERRORS: Readonly<Record<KvError, Status>> = {
  compacted: etcd(Code.OUT_OF_RANGE, 'mvcc: required revision has been compacted'),
  'future-revision': etcd(Code.OUT_OF_RANGE, 'mvcc: required revision is a future revision'),
  'lease-not-found': etcd(Code.NOT_FOUND, 'requested lease not found'),
  'lease-exists': etcd(Code.FAILED_PRECONDITION, 'lease already exists'),
  'key-not-found': REFUSALS.keyNotFound,
  'duplicate-key': REFUSALS.duplicateKey,
  // Only expirers name a term, so no client meets this.
  'stale-revoke': etcd(Code.UNAVAILABLE, 'leader changed'),
}

const UNAVAILABLE: Readonly<Record<Unavailable, Status>> = {
  'no-leader': REFUSALS.noLeader,
  overloaded: etcd(Code.RESOURCE_EXHAUSTED, 'too many requests'),
  'no-space': etcd(Code.RESOURCE_EXHAUSTED, 'mvcc: database space exceeded'),
  stopping: REFUSALS.stopped,
  'leader-changed': etcd(Code.UNAVAILABLE, 'leader changed'),
  timeout: etcd(Code.UNAVAILABLE, 'request timed out'),
  'timeout-leader-failed': etcd(
    Code.UNAVAILABLE,
    'request timed out, possibly due to previous leader failure',
  ),
  'timeout-disconnected': etcd(
    Code.UNAVAILABLE,
    'request timed out, possibly due to connection lost',
  ),
}

/** The status of an outcome that is not `ok`. */
export function statusOf(
  outcome: { readonly error: KvError } | { readonly unavailable: Unavailable },
): Status {
  return 'error' in outcome ? KV_ERRORS[outcome.error] : UNAVAILABLE[outcome.unavailable]
}
