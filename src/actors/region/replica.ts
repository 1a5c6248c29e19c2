/**
 * What the rooms of a running region share: its Raft machine, its replicated state, who its peers are, and the
 * two ways to ask for the end of the turn. Plain state; the behaviour drives it.
 */

import { must } from '../../base/assert.ts'
import type { GroupId, NodeName, PeerId } from '../../base/ids.ts'
import { groupId } from '../../base/ids.ts'
import type { RaftMachine } from '../../core/raft/machine.ts'
import type { RaftMessage, Role } from '../../core/raft/types.ts'
import { peerOf } from '../../core/region/descriptor.ts'
import type { RegionReplica } from '../../core/region/replica.ts'
import type { RegionDescriptor, RegionId, RegionPeer } from '../../core/region/types.ts'
import type { Context } from '../../runtime/actor.ts'
import { type Address, address } from '../../runtime/address.ts'
import type { GroupKeys } from '../../storage/keyspace.ts'
import { NamespaceKeys } from '../../storage/region-keyspace.ts'
import type { RegionRaft } from '../../wire/messages/region.ts'
import type { RaftDisk } from '../consensus/raft-disk.ts'
import type { FlareOptions } from '../flare-options.ts'
import type { TreeOptions, TreePorts } from '../options.ts'

export const REGION = 'region'

/** The name of a region's Raft group: where its rows lie, and what snapshots are claimed under. */
export const regionGroup = (region: RegionId): GroupId => groupId(`region-${region}`)

export interface ReplicaParts {
  readonly id: RegionId
  readonly keys: GroupKeys
  readonly self: PeerId
  readonly options: TreeOptions
  readonly ports: TreePorts
  readonly raft: RaftMachine
  readonly disk: RaftDisk
  readonly state: RegionReplica
}

export class Replica {
  readonly id: RegionId
  readonly keys: GroupKeys
  /** Where its data lies. */
  readonly data: NamespaceKeys
  readonly self: PeerId
  readonly options: TreeOptions
  readonly ports: TreePorts
  readonly raft: RaftMachine
  readonly disk: RaftDisk
  /** Another one once a snapshot took its place. */
  state: RegionReplica
  /** As of the last `role-change`. */
  role: Role = 'follower'
  term: number
  leader: PeerId | undefined
  /** False where one key is all there is: then growing is all it can do. */
  cuttable = true
  /** Split off in this life, the latest last: who asks for their keys here is told. */
  lateChildren: readonly RegionDescriptor[] = []
  /** The children of a split are not their store's yet: to it, this region still has their keys. */
  handingOver = false
  /** False while a snapshot is put in place: rows and state do not belong together. */
  whole = true
  /** Where peers live that spoke from a later configuration than is applied here. */
  readonly #newer = new Map<PeerId, NodeName>()
  #flushing = false
  #acting = false

  constructor(parts: ReplicaParts) {
    this.id = parts.id
    this.keys = parts.keys
    this.data = new NamespaceKeys(parts.state.descriptor.namespace)
    this.self = parts.self
    this.options = parts.options
    this.ports = parts.ports
    this.raft = parts.raft
    this.disk = parts.disk
    this.state = parts.state
    this.term = parts.raft.status().term
  }

  get flare(): FlareOptions {
    return must(this.options.flare, 'a node with regions has FlareDB')
  }

  get leads(): boolean {
    return this.role === 'leader'
  }

  get descriptor(): RegionDescriptor {
    return this.state.descriptor
  }

  get leaderNode(): NodeName | undefined {
    return this.leader === undefined ? undefined : this.nodeOf(this.leader)
  }

  /** Entries committed here and not applied yet. */
  get applyLag(): number {
    const { commit, applied } = this.raft.core
    return commit - applied
  }

  /** A member, or one that is about to be. */
  peer(id: PeerId): RegionPeer | undefined {
    const { descriptor, announced } = this.state
    return peerOf(descriptor, id) ?? announced.find(({ peer }) => peer === id)
  }

  nodeOf(id: PeerId): NodeName | undefined {
    return this.peer(id)?.store ?? this.#newer.get(id)
  }

  actorOf(id: PeerId): Address | undefined {
    const node = this.nodeOf(id)
    return node === undefined ? undefined : this.actorAt(node)
  }

  actorAt(node: NodeName): Address {
    return address(node, REGION, String(this.id))
  }

  /** It spoke from a configuration that is not applied here yet. */
  heardNewer(peer: PeerId, node: NodeName): void {
    if (this.#newer.size >= NEWER_MAX) this.#newer.clear()
    this.#newer.set(peer, node)
  }

  /** The configuration it spoke from is applied: whoever belongs to it is in the descriptor. */
  caughtUp(): void {
    this.#newer.clear()
  }

  /** A message of Raft, with the data directory and the configuration that it comes from. */
  carry(message: RaftMessage): RegionRaft {
    const { incarnation } = this.options
    const { confVer } = this.descriptor.epoch
    return { kind: 'region.raft', incarnation, confVer, message }
  }

  /** Acts behind what clients have queued already: many commands share one persist and one append. */
  flushSoon(context: Context): void {
    if (this.#flushing) return
    this.#flushing = true
    context.sendNow(context.self, { kind: 'region.flush' })
  }

  /** Acts behind what consensus has queued already, before further requests of clients. */
  actSoon(context: Context): void {
    if (this.#acting) return
    this.#acting = true
    context.sendNow(context.self, { kind: 'region.act' })
  }

  flushed(): void {
    this.#flushing = false
  }

  acted(): void {
    this.#acting = false
  }
}

/** More newcomers than any one change brings. */
const NEWER_MAX = 16
