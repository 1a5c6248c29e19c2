/**
 * A group's way back from its disk: who it is, the log, the machine's rows. Until it is through, the
 * group takes no message that could make it promise anything. Damage or a gap ends the node by name.
 */

import { must } from '../../base/assert.ts'
import type { GroupId, PeerId } from '../../base/ids.ts'
import { KvMachine } from '../../core/kv/machine.ts'
import type { Configuration, RestoredState, SnapshotMeta } from '../../core/raft/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import { readMeta } from '../../storage/kvrows.ts'
import { type LogRows, RaftLogReader } from '../../storage/log-rows.ts'
import { baseOp, readBase, readHardState } from '../../storage/raftlog.ts'
import type { Row } from '../../storage/store.ts'
import type { TreeOptions } from '../options.ts'
import { Directory } from './directory.ts'
import { type Identity, identityKey, identityOp, readIdentity } from './identity.ts'
import { after, KvReload, PAGE } from './kv-reload.ts'
import type { Found } from './newcomer.ts'

export interface Recovered {
  readonly self: PeerId
  readonly directory: Directory
  readonly restored: RestoredState
  readonly logRows: LogRows
  readonly kv: KvMachine
}

const NOBODY: Configuration = { voters: [], outgoing: [], learners: [], autoLeave: false }

export class Recovery {
  readonly #group: GroupId
  readonly #keys: GroupKeys
  readonly #options: TreeOptions
  #identity: Identity | undefined
  #base: SnapshotMeta | undefined
  #log: RaftLogReader | undefined
  #reload: KvReload | undefined

  constructor(group: GroupId, keys: GroupKeys, options: TreeOptions) {
    this.#group = group
    this.#keys = keys
    this.#options = options
  }

  /** Reads the small rows and asks for the first page. False: the disk knows nothing of the group. */
  begin(context: Context): boolean {
    const stored = context.read(identityKey(this.#group))
    if (stored === undefined) return false
    this.#identity = readIdentity(this.#group, stored)
    this.#readLog(context)
    return true
  }

  /** A newcomer knows who it is, for good: one of the founders, or somebody new who waits to be added. */
  beginNew(found: Found, context: Context): void {
    const members = Directory.ofFounders(this.#options.founders).members()
    const voters = found.type === 'founder' ? members.map((member) => member.peer) : []
    this.#identity = { self: found.peer, members, pins: [] }
    context.write([
      identityOp(this.#group, this.#identity),
      baseOp(this.#keys, { index: 0, term: 0, configuration: { ...NOBODY, voters } }),
    ])
    this.#readLog(context)
  }

  /** Whether the disk knows this member by some data directory. */
  knows(peer: PeerId): boolean {
    return this.#identity?.pins.some(([pinned]) => pinned === peer) ?? false
  }

  page(tag: string, rows: readonly Row[], more: boolean, context: Context): Recovered | undefined {
    if (tag === 'log') {
      this.#logPage(rows, more, context)
      return undefined
    }
    const reload = must(this.#reload, 'rows come after the log')
    const kv = reload.page(rows, more, context)
    return kv && this.#finish(kv, context)
  }

  #readLog(context: Context): void {
    const base = must(context.read(this.#keys.logStart()), 'a member has the base of its log')
    this.#base = readBase(this.#keys, base)
    this.#log = new RaftLogReader(this.#keys, this.#base)
    context.scan(this.#keys.room('l'), PAGE, 'log')
  }

  #logPage(rows: readonly Row[], more: boolean, context: Context): void {
    must(this.#log, 'a page was asked for').add(rows)
    if (more) {
      context.scan(after(this.#keys.room('l'), rows), PAGE, 'log')
      return
    }
    const meta = context.read(this.#keys.applied())
    this.#reload = new KvReload(
      this.#keys,
      meta === undefined ? new KvMachine().meta() : readMeta(this.#keys, meta),
    )
    this.#reload.begin(context)
  }

  #finish(kv: KvMachine, context: Context): Recovered {
    const identity = must(this.#identity, 'recovery began')
    const hardState = context.read(this.#keys.hardState())
    const base = must(this.#base, 'the log was read')
    const log = must(this.#log, 'the log was read').finish(kv.appliedIndex)
    return {
      self: identity.self,
      directory: new Directory(identity.members, identity.pins),
      kv,
      restored: {
        hardState:
          hardState === undefined
            ? { term: 0, vote: undefined, commit: 0 }
            : readHardState(this.#keys, hardState),
        base,
        entries: log.entries,
        applied: kv.appliedIndex,
      },
      logRows: log.rows,
    }
  }
}
