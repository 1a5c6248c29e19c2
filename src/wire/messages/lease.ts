/** The lease expirer's talk: with its group on the same shard, with clients, with the leader's expirer. */

import type { Bytes } from '../../base/bytes.ts'
import type { LeaseEvent, LeaseRecord } from '../../core/kv/applied.ts'
import { bool, count, id, int, list, type Schema, struct, union } from '../schema.ts'
import { header, type RevisionHeader } from './group.ts'
import { key } from './kv.ts'
import type { MessageShapes } from './shapes.ts'

const LEASES = 1 << 22
const KEYS = 1 << 22

/** A new life of the expirer asks its group for everything. */
export interface LeaseHello {
  readonly kind: 'lease.hello'
}

/** All leases as applied here: the answer to a hello, and after a snapshot was installed. */
export interface LeaseLoaded {
  readonly kind: 'lease.loaded'
  readonly leases: readonly LeaseRecord[]
}

/** What applied entries did to leases. */
export interface LeaseEvents {
  readonly kind: 'lease.events'
  readonly events: readonly LeaseEvent[]
}

export interface LeaseKeepAlive {
  readonly kind: 'lease.keep-alive'
  readonly id: bigint
  /** Asked by another node's expirer: not to be handed on again. */
  readonly forwarded: boolean
}

export interface LeaseRenewed {
  readonly kind: 'lease.renewed'
  readonly header: RevisionHeader
  /** 0: there is no such lease. */
  readonly ttl: number
}

export interface LeaseTimeToLiveAsk {
  readonly kind: 'lease.time-to-live'
  readonly id: bigint
  readonly keys: boolean
  readonly forwarded: boolean
}

export interface LeaseTimeToLiveIs {
  readonly kind: 'lease.time-to-live-is'
  readonly header: RevisionHeader
  readonly ttl: number
  readonly grantedTtl: number
  readonly keys: readonly Bytes[]
}

export interface LeaseListAsk {
  readonly kind: 'lease.list'
}

export interface LeaseListIs {
  readonly kind: 'lease.list-is'
  readonly header: RevisionHeader
  readonly ids: readonly bigint[]
}

/** The expirer to its group: which keys hang on a lease, as applied now. */
export interface LeaseKeysAsk {
  readonly kind: 'lease.keys'
  readonly id: bigint
}

export interface LeaseKeysAre {
  readonly kind: 'lease.keys-are'
  readonly header: RevisionHeader
  readonly keys: readonly Bytes[]
}

const record: Schema<LeaseRecord> = struct({
  id,
  granted: count,
  ttl: count,
  remaining: count,
})
const leaseEvent: Schema<LeaseEvent> = union('type', {
  granted: struct({ lease: record }),
  revoked: struct({ id }),
  checkpointed: struct({ id, remaining: count }),
})

/** From the group, on the same shard: in order, and never lost while both live. */
const told = { lane: 'system', refusal: 'pull' } as const
const asks = { lane: 'normal', refusal: 'fail' } as const
const answers = { lane: 'normal', refusal: 'drop' } as const

export const LEASE_MESSAGES: MessageShapes = {
  'lease.hello': { tag: 40, delivery: told, schema: struct({}) },
  'lease.loaded': { tag: 41, delivery: told, schema: struct({ leases: list(record, LEASES) }) },
  'lease.events': { tag: 43, delivery: told, schema: struct({ events: list(leaseEvent, LEASES) }) },
  'lease.keep-alive': { tag: 44, delivery: asks, schema: struct({ id, forwarded: bool }) },
  'lease.renewed': { tag: 45, delivery: answers, schema: struct({ header, ttl: count }) },
  'lease.time-to-live': {
    tag: 46,
    delivery: asks,
    schema: struct({ id, keys: bool, forwarded: bool }),
  },
  'lease.time-to-live-is': {
    tag: 47,
    delivery: answers,
    schema: struct({ header, ttl: int, grantedTtl: count, keys: list(key, KEYS) }),
  },
  'lease.list': { tag: 48, delivery: asks, schema: struct({}) },
  'lease.list-is': {
    tag: 49,
    delivery: answers,
    schema: struct({ header, ids: list(id, LEASES) }),
  },
  'lease.keys': { tag: 50, delivery: asks, schema: struct({ id }) },
  'lease.keys-are': {
    tag: 51,
    delivery: answers,
    schema: struct({ header, keys: list(key, KEYS) }),
  },
}
