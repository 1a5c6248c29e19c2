/**
 * What the rooms of a running group share: its Raft machine, its KV machine, who is who, and the two
 * ways to ask for the end of the turn. Plain state; the behaviour drives it.
 */

import type { GroupId, NodeName, PeerId } from '../../base/ids.ts'
import type { KvMachine } from '../../core/kv/machine.ts'
import type { RaftMachine } from '../../core/raft/machine.ts'
import type { RaftMessage } from '../../core/raft/messages.ts'
import type { RaftStatus, Role } from '../../core/raft/types.ts'
import type { Context } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import type { LogRows } from '../../storage/log-rows.ts'
import type { RefusalReason, RevisionHeader } from '../../wire/messages/group.ts'
import type { RaftCarrier } from '../../wire/messages/raft.ts'
import { RaftDisk } from '../consensus/raft-disk.ts'
import type { TreeOptions, TreePorts } from '../options.ts'
import { Contact } from './contact.ts'
import type { Directory } from './directory.ts'

export const RAFT_GROUP = 'raft-group'

export class Replica {
  readonly group: GroupId
  readonly keys: GroupKeys
  readonly self: PeerId
  readonly options: TreeOptions
  readonly ports: TreePorts
  readonly raft: RaftMachine
  readonly disk: RaftDisk
  readonly directory: Directory
  readonly contact = new Contact()
  kv: KvMachine
  /** As of the last `role-change`. */
  role: Role = 'follower'
  term: number
  leader: PeerId | undefined
  /** False while a snapshot is put in place: the KV machine is not to be read. */
  serving = true
  #flushing = false
  #acting = false

  constructor(parts: {
    readonly group: GroupId
    readonly keys: GroupKeys
    readonly self: PeerId
    readonly options: TreeOptions
    readonly ports: TreePorts
    readonly raft: RaftMachine
    readonly logRows: LogRows
    readonly directory: Directory
    readonly kv: KvMachine
  }) {
    this.group = parts.group
    this.keys = parts.keys
    this.self = parts.self
    this.options = parts.options
    this.ports = parts.ports
    this.raft = parts.raft
    this.disk = new RaftDisk(parts.raft, parts.keys, parts.logRows)
    this.directory = parts.directory
    this.kv = parts.kv
    this.term = parts.raft.status().term
  }

  get leads(): boolean {
    return this.role === 'leader'
  }

  /** Entries committed here and not applied yet. */
  get applyLag(): number {
    const { commit, applied } = this.raft.core
    return commit - applied
  }

  status(): RaftStatus {
    return this.raft.status()
  }

  header(): RevisionHeader {
    return { revision: this.kv.revision, term: this.term }
  }

  /** What a request of that time is told when it finds no answer. */
  timeoutReason(startMs: number): RefusalReason {
    const { electionTicks, tickMs } = this.options.limits
    const { voters } = this.status().configuration
    const { self, leader } = this
    return this.contact.blame(startMs, { self, leader, voters, electionMs: electionTicks * tickMs })
  }

  /** The group's actor at the leader's node, if there is one and it is not this one. */
  leaderElsewhere(): Address | undefined {
    if (this.leader === undefined || this.leader === this.self) return undefined
    return this.actorOf(this.leader)
  }

  actorOf(peer: PeerId): Address | undefined {
    const node = this.directory.nodeOf(peer)
    return node === undefined ? undefined : this.actorAt(node)
  }

  actorAt(node: NodeName): Address {
    return address(node, RAFT_GROUP, this.group)
  }

  /** A message of Raft, with the data directory that it comes from. */
  carry(message: RaftMessage): RaftCarrier {
    return { kind: 'raft', incarnation: this.options.incarnation, message }
  }

  /** Acts behind what clients have queued already: many requests share one persist and one append. */
  flushSoon(context: Context): void {
    if (this.#flushing) return
    this.#flushing = true
    context.sendNow(context.self, { kind: 'group.flush' })
  }

  /** Acts behind what consensus has queued already, before further requests of clients. */
  actSoon(context: Context): void {
    if (this.#acting) return
    this.#acting = true
    context.sendNow(context.self, { kind: 'group.act' })
  }

  flushed(): void {
    this.#flushing = false
  }

  acted(): void {
    this.#acting = false
  }
}
