/** Raft between the members of a group, as `core/raft` states it: lost ones are repeated by the protocol. */

import type { PeerId } from '../../base/ids.ts'
import { blockOf, entriesOf } from '../../core/raft/entry-block.ts'
import type { Configuration, Entry, RaftMessage, SnapshotMeta } from '../../core/raft/types.ts'
import type { Message } from '../../runtime/message.ts'
import {
  bool,
  branded,
  bytes,
  count,
  list,
  MalformedMessage,
  type Schema,
  struct,
  text,
  union,
} from '../schema.ts'
import type { MessageShapes } from './shapes.ts'

/** An entry carries one command; the door refuses requests beyond 1.5 MiB. */
const APPEND_BYTES = 4 * 1024 * 1024
const PEERS = 64

export interface RaftCarrier extends Message {
  readonly kind: 'raft'
  /** Of the data directory that speaks. */
  readonly incarnation: string
  readonly message: RaftMessage
}

export const peer: Schema<PeerId> = branded(count)

const first = count
const block = bytes(APPEND_BYTES)

/** Index of the first, and all in one block: an append carries hundreds. */
export const entries: Schema<readonly Entry[]> = {
  encode: (list) => [list[0]?.index ?? 0, blockOf(list)],
  decode(it) {
    const expected = 'the index of a first entry and a block of entries'
    if (!Array.isArray(it) || it.length !== 2) throw new MalformedMessage('', expected)
    const found = entriesOf(block.decode(it[1]), first.decode(it[0]))
    if (found === undefined) throw new MalformedMessage('', expected)
    return found
  },
}

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
    entries,
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
