/**
 * Chainfire as those outside the actors see it: the doors of `api`, the simulator's clients. Every call
 * goes to this node's own actors; where the answer comes from is theirs to find out.
 *
 * A call never throws: what may go wrong is an outcome. `unknown` means that a write may or may not
 * have happened; nothing behind this interface ever proposes a write twice.
 */

import type { Bytes } from '../base/bytes.ts'
import type {
  Command,
  CommandResult,
  KvError,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
} from '../core/kv/types.ts'
import type { WatchCreate, WatchResponse } from '../core/watch/types.ts'

import type { GroupStatus } from '../wire/messages/group.ts'

export type { WatchCreate, WatchEvent, WatchResponse } from '../core/watch/types.ts'
export type { GroupStatus }

export interface Header {
  readonly revision: number
  readonly term: number
}

export type Unavailable =
  /** Certainly not done: no leader known, or this node cannot serve now. */
  | 'no-leader'
  | 'overloaded'
  /** The disk is full: what gives space back still works. */
  | 'no-space'
  | 'stopping'
  /** Perhaps done. */
  | 'leader-changed'
  | 'timeout'
  /** The leader it first went to was lost, or cannot be reached. */
  | 'timeout-leader-failed'
  | 'timeout-disconnected'

export type Outcome<T> =
  | { readonly ok: true; readonly header: Header; readonly value: T }
  | { readonly ok: false; readonly header: Header; readonly error: KvError }
  | { readonly ok: false; readonly unavailable: Unavailable }

export interface LeaseTimeToLive {
  /** Whole seconds left; -1 when there is no such lease. */
  readonly ttl: number
  readonly grantedTtl: number
  readonly keys: readonly Bytes[]
}

export interface WatchStream {
  create(request: WatchCreate): void
  cancel(watchId: number): void
  progress(): void
  /** The consumer took this many responses: room for as many more. */
  consumed(responses: number): void
  close(): void
}

export interface Chainfire {
  range(request: RangeRequest): Promise<Outcome<RangeResponse>>
  /** A transaction that only reads (`onlyReads`): all of it on one state, and nothing in the log. */
  view(request: TxnRequest): Promise<Outcome<TxnResponse>>
  /** Answered once what the compaction at this revision superseded is dropped on this node. */
  scrubbed(revision: number): Promise<Outcome<undefined>>
  /** Proposes a command once. */
  write(command: Command): Promise<Outcome<CommandResult>>
  keepAlive(id: bigint): Promise<Outcome<{ readonly ttl: number }>>
  timeToLive(id: bigint, keys: boolean): Promise<Outcome<LeaseTimeToLive>>
  leases(): Promise<Outcome<readonly bigint[]>>
  status(): Promise<GroupStatus>
  /** At most `window` responses are under way to `deliver` before `consumed` makes room. */
  watch(window: number, deliver: (response: WatchResponse) => void): WatchStream
}
