/**
 * Which node each member of a group lives on. Founders are known from the config; later members are
 * announced by an entry of the log before the configuration names them. Ids are never used twice: a node
 * that lost its disk comes back under a new one.
 */

import { type NodeName, nodeName, type PeerId, peerId } from '../../base/ids.ts'

import type { Identity } from './identity.ts'

export interface Member {
  readonly peer: PeerId
  readonly node: NodeName
  /** Of the data directory that holds this member; empty for a founder. */
  readonly incarnation: string
}

export class Directory {
  readonly #members = new Map<PeerId, Member>()
  /** Members not announced to this one yet: where their messages came from. */
  readonly #heard = new Map<PeerId, NodeName>()
  readonly #pins = new Map<PeerId, string>()

  constructor(members: Iterable<Member>, pins: Iterable<readonly [PeerId, string]> = []) {
    for (const member of members) this.add(member)
    for (const [peer, incarnation] of pins) this.pin(peer, incarnation)
  }

  static ofFounders(founders: readonly NodeName[]): Directory {
    return new Directory(
      founders.map((node, at) => ({ peer: peerId(at + 1), node, incarnation: '' })),
    )
  }

  add(member: Member): void {
    this.#members.set(member.peer, member)
    if (member.incarnation !== '') this.#pins.set(member.peer, member.incarnation)
  }

  nodeOf(peer: PeerId): NodeName | undefined {
    return this.#members.get(peer)?.node ?? this.#heard.get(peer)
  }

  announced(peer: PeerId): boolean {
    return this.#members.has(peer)
  }

  /** Whether a message of this member may come from that node; an unknown member is remembered by it. */
  admits(peer: PeerId, node: NodeName): boolean {
    const known = this.nodeOf(peer)
    if (known === undefined) this.#heard.set(peer, node)
    return known === undefined || known === node
  }

  /** The newest member that lived on this node. */
  newestOn(node: NodeName): Member | undefined {
    let newest: Member | undefined
    for (const member of this.#members.values()) {
      if (member.node === node && (newest === undefined || member.peer > newest.peer)) {
        newest = member
      }
    }
    return newest
  }

  /** The data directory by which a member is known. */
  pinOf(peer: PeerId): string | undefined {
    return this.#pins.get(peer)
  }

  pin(peer: PeerId, incarnation: string): void {
    this.#pins.set(peer, incarnation)
  }

  /** All of it, to be kept. */
  identity(self: PeerId): Identity {
    return { self, members: this.members(), pins: [...this.#pins] }
  }

  nextPeer(): PeerId {
    let highest = 0
    for (const peer of this.#members.keys()) highest = Math.max(highest, peer)
    return peerId(highest + 1)
  }

  members(): readonly Member[] {
    return [...this.#members.values()]
  }

  nameOf(peer: PeerId): string {
    return this.nodeOf(peer) ?? nodeName(`peer ${peer}`)
  }
}
