/**
 * Snapshots on their way to a follower: a head, then chunks of rows as they lie on disk, one at a time.
 * A lost chunk is sent again; what arrived stays. They travel on the bulk stream of a link.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { GroupId, PeerId } from '../../base/ids.ts'
import type { SnapshotMeta } from '../../core/raft/types.ts'
import type { MemberNote } from '../command.ts'
import { bool, branded, bytes, count, list, pair, type Schema, struct, text } from '../schema.ts'
import { node } from './group.ts'
import { peer, snapshotMeta } from './raft.ts'
import type { MessageShapes } from './shapes.ts'

const ROWS = 1 << 16
const ROW_BYTES = 4 * 1024 * 1024
const MEMBERS = 4096
const IDS = 100

export interface SnapshotBegin {
  readonly kind: 'snapshot.begin'
  /** Names one snapshot of one sender's life. */
  readonly id: string
  readonly from: PeerId
  readonly to: PeerId
  /** In which the sender leads. */
  readonly term: number
  readonly meta: SnapshotMeta
  readonly members: readonly MemberNote[]
}

export interface SnapshotChunk {
  readonly kind: 'snapshot.chunk'
  readonly id: string
  /** From 0, without a gap. */
  readonly sequence: number
  /** Keys and sealed records of the sender's store. */
  readonly rows: readonly (readonly [key: Bytes, value: Bytes])[]
  /** CRC-32 over the rows; each record carries its own besides. */
  readonly checksum: number
  readonly last: boolean
}

/** Which chunk the follower wants next; all before it are on its disk. */
export interface SnapshotWants {
  readonly kind: 'snapshot.wants'
  readonly next: number
  /** It wants none: it does not know the snapshot (any more), or has no use for it. */
  readonly refused: boolean
}

/** A group asks this node's gate for a place before it sends a snapshot. */
export interface SnapshotClaim {
  readonly kind: 'snapshot.claim'
  readonly group: GroupId
  readonly to: PeerId
}

export interface SnapshotClaimed {
  readonly kind: 'snapshot.claimed'
  readonly granted: boolean
}

/** To the gate: the snapshot is still under way, or is no more. */
export interface SnapshotPlace {
  readonly kind: 'snapshot.keep' | 'snapshot.leave'
  readonly group: GroupId
  readonly to: PeerId
}

const group: Schema<GroupId> = branded(text(IDS))
const member: Schema<MemberNote> = struct({ peer, node, incarnation: text(IDS) })
const bulk = { lane: 'normal', refusal: 'fail', bulk: true } as const

export const SNAPSHOT_MESSAGES: MessageShapes = {
  'snapshot.begin': {
    tag: 80,
    delivery: bulk,
    schema: struct({
      id: text(IDS),
      from: peer,
      to: peer,
      term: count,
      meta: snapshotMeta,
      members: list(member, MEMBERS),
    }),
  },
  'snapshot.chunk': {
    tag: 81,
    delivery: bulk,
    schema: struct({
      id: text(IDS),
      sequence: count,
      rows: list(pair(bytes(ROW_BYTES), bytes(ROW_BYTES)), ROWS),
      checksum: count,
      last: bool,
    }),
  },
  'snapshot.wants': {
    tag: 82,
    delivery: { lane: 'normal', refusal: 'drop' },
    schema: struct({ next: count, refused: bool }),
  },
  'snapshot.claim': {
    tag: 83,
    delivery: { lane: 'normal', refusal: 'fail' },
    schema: struct({ group, to: peer }),
  },
  'snapshot.claimed': {
    tag: 84,
    delivery: { lane: 'normal', refusal: 'drop' },
    schema: struct({ granted: bool }),
  },
  'snapshot.keep': {
    tag: 85,
    delivery: { lane: 'normal', refusal: 'drop' },
    schema: struct({ group, to: peer }),
  },
  'snapshot.leave': {
    tag: 86,
    delivery: { lane: 'normal', refusal: 'drop' },
    schema: struct({ group, to: peer }),
  },
}
