/**
 * A group's way back from its disk: who it is, the log, the machine's rows. Until it is through, the
 * group takes no message that could make it promise anything. Damage or a gap ends the node by name.
 */

import { assert, must } from '../../base/assert.ts'
import type { GroupId, PeerId } from '../../base/ids.ts'
import { KvMachine } from '../../core/kv/machine.ts'
import type { Configuration, RestoredState, SnapshotMeta } from '../../core/raft/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import { readMeta } from '../../storage/kvrows.ts'
import { baseOp, RaftLogReader, readBase, readHardState } from '../../storage/raftlog.ts'
import type { Row } from '../../storage/store.ts'
import type { TreeOptions } from '../options.ts'
import { Directory } from './directory.ts'
import { type Identity, identityKey, identityOp, readIdentity } from './identity.ts'
import { after, KvReload, PAGE } from './kv-reload.ts'

export interface Recovered {
  readonly self: PeerId
  readonly directory: Directory
  readonly restored: RestoredState
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

  /** Undefined: this member has no id yet and must ask the others for one. */
  get self(): PeerId | undefined {
    return this.#identity?.self
  }

  /** Reads the small rows and asks for the first page, unless nothing can be done before an id is given. */
  begin(context: Context): void {
    const stored = context.read(identityKey(this.#group))
    this.#identity =
      stored === undefined ? this.#firstIdentity(context) : readIdentity(this.#group, stored)
    if (this.#identity.self !== undefined) this.#readLog(context)
  }

  /** A newcomer was given its id: from now on it is that member, for good. */
  named(self: PeerId, context: Context): void {
    assert(this.#identity !== undefined, 'a newcomer is named after it began')
    this.#identity = { ...this.#identity, self }
    context.write([
      identityOp(this.#group, this.#identity),
      baseOp(this.#keys, { index: 0, term: 0, configuration: NOBODY }),
    ])
    this.#readLog(context)
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

  #firstIdentity(context: Context): Identity {
    const { founders, node, rejoin } = this.#options
    const directory = Directory.ofFounders(founders)
    const members = directory.members()
    if (rejoin || !founders.includes(node)) return { self: undefined, members, pins: [] }
    const self = must(directory.newestOn(node), 'a founder is in the directory').peer
    const configuration: Configuration = { ...NOBODY, voters: members.map((it) => it.peer) }
    const identity: Identity = { self, members, pins: [] }
    context.write([
      identityOp(this.#group, identity),
      baseOp(this.#keys, { index: 0, term: 0, configuration }),
    ])
    return identity
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
    return {
      self: must(identity.self, 'only a named member reads its log'),
      directory: new Directory(identity.members, identity.pins),
      kv,
      restored: {
        hardState:
          hardState === undefined
            ? { term: 0, vote: undefined, commit: 0 }
            : readHardState(this.#keys, hardState),
        base,
        entries: must(this.#log, 'the log was read').finish(kv.appliedIndex),
        applied: kv.appliedIndex,
      },
    }
  }
}
