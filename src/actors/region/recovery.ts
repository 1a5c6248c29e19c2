/**
 * A region's way back from disk: who it is, what it was applied to, its log, its locks and sessions. Until all
 * is read it takes no message that could make it promise anything. Damage or a gap ends the node by name.
 */

import { must } from '../../base/assert.ts'
import type { Bytes } from '../../base/bytes.ts'
import type { PeerId } from '../../base/ids.ts'
import type { RestoredState, SnapshotMeta } from '../../core/raft/types.ts'
import type { ReplicaMeta, SessionRecord } from '../../core/region/applied.ts'
import { RegionReplica } from '../../core/region/replica.ts'
import type { LockRow } from '../../core/region/rows.ts'
import type { RegionDescriptor, RegionId } from '../../core/region/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import { type LogRows, RaftLogReader } from '../../storage/log-rows.ts'
import { readBase, readHardState } from '../../storage/raftlog.ts'
import { NamespaceKeys } from '../../storage/region-keyspace.ts'
import { readRegionMark, regionMarkKey } from '../../storage/region-marks.ts'
import { readLockRow, readReplicaMeta, readSession } from '../../storage/region-rows.ts'
import type { KeyRange, Row } from '../../storage/store.ts'
import { after, PAGE } from '../raft-group/kv-reload.ts'

export interface Recovered {
  readonly self: PeerId
  /** False: it has a tombstone, and only rows that must go. */
  readonly living: boolean
  readonly restored: RestoredState
  readonly logRows: LogRows
  readonly state: RegionReplica
}

type Room = 'log' | 'sessions' | 'locks'
const NEXT: Readonly<Record<Room, Room | undefined>> = {
  log: 'sessions',
  sessions: 'locks',
  locks: undefined,
}

export class Recovery {
  readonly #id: RegionId
  readonly #keys: GroupKeys
  readonly #meta: ReplicaMeta
  readonly #base: SnapshotMeta
  readonly #log: RaftLogReader
  readonly #sessions: SessionRecord[] = []
  readonly #locks: LockRow[] = []
  #room: Room = 'log'
  #left: KeyRange

  /** Reads the small rows. */
  static of(id: RegionId, keys: GroupKeys, context: Context): Recovery {
    const base = readBase(keys, bornWith(id, keys.logStart(), context))
    return new Recovery(id, keys, metaOf(id, keys, context), base)
  }

  /** What the region is on this disk, or was before a snapshot was put in its place. */
  static descriptorOf(id: RegionId, keys: GroupKeys, context: Context): RegionDescriptor {
    return metaOf(id, keys, context).descriptor
  }

  private constructor(id: RegionId, keys: GroupKeys, meta: ReplicaMeta, base: SnapshotMeta) {
    this.#id = id
    this.#keys = keys
    this.#meta = meta
    this.#base = base
    this.#log = new RaftLogReader(keys, base)
    this.#left = keys.room('l')
  }

  begin(context: Context): void {
    context.scan(this.#left, PAGE, 'recovery')
  }

  /** Takes one page; gives all of it after the last. */
  page(rows: readonly Row[], more: boolean, context: Context): Recovered | undefined {
    this.#take(rows)
    if (more) this.#left = after(this.#left, rows)
    else {
      const next = NEXT[this.#room]
      if (next === undefined) return this.#finish(context)
      this.#room = next
      this.#left = this.#rangeOf(next)
    }
    this.begin(context)
    return undefined
  }

  #take(rows: readonly Row[]): void {
    if (this.#room === 'log') this.#log.add(rows)
    else if (this.#room === 'sessions') this.#sessions.push(...rows.map(readSession))
    else this.#locks.push(...rows.map(([key, value]) => readLockRow([key.slice(), value.slice()])))
  }

  #rangeOf(room: Room): KeyRange {
    if (room === 'locks') {
      const { namespace, ...range } = this.#meta.descriptor
      return new NamespaceKeys(namespace).locks(range)
    }
    return this.#keys.room(room === 'log' ? 'l' : 's')
  }

  #finish(context: Context): Recovered {
    const key = regionMarkKey(this.#id)
    const mark = readRegionMark([key, must(context.read(key), 'a region on disk has a mark')])
    const hardState = context.read(this.#keys.hardState())
    const { entries, rows } = this.#log.finish(this.#meta.appliedIndex)
    return {
      self: mark.peer,
      living: mark.living,
      state: new RegionReplica(this.#meta, this.#sessions, this.#locks),
      logRows: rows,
      restored: {
        hardState:
          hardState === undefined
            ? { term: 0, vote: undefined, commit: 0 }
            : readHardState(this.#keys, hardState),
        base: this.#base,
        entries,
        applied: this.#meta.appliedIndex,
      },
    }
  }
}

const bornWith = (id: RegionId, key: Bytes, context: Context): Bytes =>
  must(context.read(key), `region ${id} was born on this disk`)

function metaOf(id: RegionId, keys: GroupKeys, context: Context): ReplicaMeta {
  const applied = bornWith(id, keys.applied(), context)
  return readReplicaMeta(keys, applied, bornWith(id, keys.descriptor(), context))
}
