/** Raft between the members of a group, as `core/raft` states it: lost ones are repeated by the protocol. */

import type { PeerId } from '../../base/ids.ts'
import type { Configuration, Entry, RaftMessage, SnapshotMeta } from '../../core/raft/types.ts'
import type { Message } from '../../runtime/message.ts'
import {
  bool,
  branded,
  bytes,
  count,
  list,
  oneOf,
  type Schema,
  struct,
  text,
  union,
} from '../schema.ts'
import type { MessageShapes } from './shapes.ts'

/** An entry carries one command; the door refuses requests beyond 1.5 MiB. */
const ENTRY_BYTES = 4 * 1024 * 1024
const APPEND_ENTRIES = 1 << 16
const PEERS = 64

export interface RaftCarrier extends Message {
  readonly kind: 'raft'
  /** Of the data directory that speaks. */
  readonly incarnation: string
  readonly message: RaftMessage
}

export const peer: Schema<PeerId> = branded(count)

export const entry: Schema<Entry> = struct({
  term: count,
  index: count,
  kind: oneOf('noop', 'data', 'config'),
  data: bytes(ENTRY_BYTES),
})

export const configuration: Schema<Configuration> = struct({
  voters: list(peer, PEERS),
  outgoing: list(peer, PEERS),
  learners: list(peer, PEERS),
  autoLeave: bool,
})

export const snapshotMeta: Schema<SnapshotMeta> = struct({
  index: count,
  term: count,
  configuration,
})

const carried = { from: peer, to: peer, term: count }

export const raftMessage: Schema<RaftMessage> = union('kind', {
  'pre-vote': struct({ ...carried, lastIndex: count, lastTerm: count }),
  'pre-vote-answer': struct({ ...carried, granted: bool }),
  vote: struct({ ...carried, lastIndex: count, lastTerm: count, transfer: bool }),
  'vote-answer': struct({ ...carried, granted: bool }),
  append: struct({
    ...carried,
    prevIndex: count,
    prevTerm: count,
    commit: count,
    entries: list(entry, APPEND_ENTRIES),
  }),
  'append-answer': struct({
    ...carried,
    accepted: bool,
    index: count,
    hintIndex: count,
    hintTerm: count,
  }),
  commit: struct({ ...carried, commit: count }),
  heartbeat: struct({ ...carried, commit: count, round: count, quiesce: bool }),
  'heartbeat-answer': struct({ ...carried, round: count }),
  'read-index': struct({ ...carried, id: count }),
  'read-index-answer': struct({ ...carried, id: count, index: count }),
  'timeout-now': struct(carried),
})

export const RAFT_MESSAGES: MessageShapes = {
  raft: {
    tag: 1,
    delivery: { lane: 'consensus', refusal: 'drop' },
    schema: struct<Omit<RaftCarrier, 'kind'>>({
      incarnation: text(64),
      message: raftMessage,
    }),
  },
}
