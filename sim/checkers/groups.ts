/**
 * Looks into the living machines of every group after each turn: Raft's promises over all peers and all
 * history (core/raft/group-audit), and equal state at equal applied index.
 */

import type { GroupInspection } from '../../src/actors/raft-group/status.ts'
import { peerId } from '../../src/base/ids.ts'
import { GroupAudit } from '../../src/core/raft/group-audit.ts'
import { RaftMachine } from '../../src/core/raft/machine.ts'
import { quorumValue } from '../../src/core/raft/quorum.ts'
import type { Shard } from '../../src/runtime/shard.ts'
import type { Finding } from './findings.ts'

/** The machines of one member that is up and back from its disk. */
export interface Member {
  readonly raft: RaftMachine
  readonly kv: { readonly appliedIndex: number; stateHash(): number }
}

export function memberOn(shard: Shard, group: string): Member | undefined {
  const inspection = shard.actor('raft-group', group)?.inspect?.() as GroupInspection | undefined
  if (!(inspection?.raft instanceof RaftMachine) || inspection.kv === undefined) return undefined
  return { raft: inspection.raft, kv: inspection.kv }
}

/** A node as far as this check knows one. */
interface Watched {
  readonly name: string
  /** How often its disk was lost. */
  readonly wipes: number
}

export class GroupsCheck {
  readonly findings: Finding[] = []
  readonly #audits = new Map<string, GroupAudit>()
  /** Peers whose disk is gone, and how far they had come. */
  readonly #lost = new Map<string, { readonly term: number; readonly entry: number }>()
  /** The node of each peer. */
  readonly #homes = new Map<string, string>()
  readonly #lastOnDisk: (node: string, group: string) => number
  /** What the leader of each term has committed. */
  readonly #committed = new Map<string, number>()
  /** Which disk of its node each peer began on. */
  readonly #disks = new Map<string, number>()
  /** The machine last seen of each peer, to notice a new life. */
  readonly #machines = new Map<string, RaftMachine>()
  readonly #states = new Map<string, { readonly hash: number; readonly node: string }>()

  /** `lastOnDisk`: the last entry of a group's log that has landed on a node's disk. */
  constructor(lastOnDisk: (node: string, group: string) => number) {
    this.#lastOnDisk = lastOnDisk
  }

  look(node: Watched, shard: Shard, groups: readonly string[], nowUs: number): void {
    for (const group of groups) {
      const member = memberOn(shard, group)
      if (member) this.see(node, group, member, nowUs)
    }
  }

  see(node: Watched, group: string, member: Member, nowUs: number): void {
    if (!this.#isStranger(node, group, member)) this.#look(node.name, group, member, nowUs)
  }

  /** A node's disk was lost: what its members said before counts, and nothing they say after. */
  diskLost(node: string): void {
    for (const [name, home] of this.#homes) {
      const machine = this.#machines.get(name)
      if (home !== node || machine === undefined || this.#lost.has(name)) continue
      this.#lost.set(name, {
        term: machine.core.term,
        entry: this.#lastOnDisk(node, groupOf(name)),
      })
    }
  }

  /** A member that lost its disk and does not know: whatever it believes, nobody must hear it. */
  #isStranger({ wipes }: Watched, group: string, { raft }: Member): boolean {
    const name = `${group} ${raft.core.self}`
    const first = this.#disks.get(name) ?? wipes
    this.#disks.set(name, first)
    return first !== wipes
  }

  #look(node: string, group: string, { raft, kv }: Member, nowUs: number): void {
    const { baseIndex, baseTerm } = raft.core.log
    const audit = this.#audits.get(group) ?? new GroupAudit({ index: baseIndex, term: baseTerm })
    this.#audits.set(group, audit)
    const name = `${group} ${raft.core.self}`
    this.#homes.set(name, node)
    if (this.#machines.get(name) !== raft) {
      this.#report(node, audit.restarted(raft), nowUs)
      this.#report(node, this.#forgotten(group, raft), nowUs)
      this.#machines.set(name, raft)
    }
    this.#report(node, audit.observe(raft), nowUs)
    this.#report(node, this.#wronglyCommitted(group, raft), nowUs)
    this.#report(node, this.#countsLost(group, raft), nowUs)
    const { persisted } = raft.core.durability
    const landed = this.#lastOnDisk(node, group)
    if (persisted > landed) {
      const sentence = `R7: takes entry ${persisted} for durable, its disk ends at ${landed}`
      this.#report(node, [sentence], nowUs)
    }
    const at = `${group} ${kv.appliedIndex}`
    const seen = this.#states.get(at)
    const hash = kv.stateHash()
    if (seen === undefined) this.#states.set(at, { hash, node })
    else if (seen.hash !== hash) {
      const sentence = `R5: ${node} has another state of ${group} after entry ${kv.appliedIndex} than ${seen.node}`
      this.#report(node, [sentence], nowUs)
    }
  }

  /**
   * 3.6.2: a leader commits by counting from the first entry of its own term on, never before. R7: what it
   * so commits is on the disks of a quorum, its own disk counting like any other.
   */
  #wronglyCommitted(group: string, { core }: RaftMachine): string[] {
    if (core.leadership === undefined) return []
    const { start } = core.leadership
    const name = `${group} ${core.term}`
    const before = this.#committed.get(name)
    this.#committed.set(name, core.commit)
    // What was committed before its term was counted by others, perhaps in another configuration.
    if (before === undefined || core.commit === before) return []
    if (core.commit < start) {
      return [
        `3.6.2: leader ${core.self} counted entry ${core.commit}, its term begins at ${start}`,
      ]
    }
    const durable = quorumValue(core.configuration, (peer) => {
      const node = this.#homes.get(`${group} ${peer}`)
      return node === undefined ? 0 : this.#lastOnDisk(node, group)
    })
    if (durable >= core.commit) return []
    return [
      `R7: leader ${core.self} committed entry ${core.commit}, a quorum has ${durable} on disk`,
    ]
  }

  /** A lost disk neither votes nor acknowledges a second time. */
  #countsLost(group: string, { core }: RaftMachine): string[] {
    const found: string[] = []
    const { campaign, leadership, term } = core
    for (const [name, lost] of this.#lost) {
      if (!name.startsWith(`${group} `)) continue
      const peer = peerId(Number(name.slice(group.length + 1)))
      const voted = core.role === 'candidate' && campaign?.votes.get(peer) === true
      if (voted && term > lost.term)
        found.push(`a vote of peer ${peer} counts, whose disk was lost`)
      const match = leadership?.progress.get(peer)?.match ?? 0
      if (match > lost.entry) found.push(`peer ${peer}, whose disk was lost, acknowledged ${match}`)
    }
    return found.map((sentence) => `R6: ${sentence}`)
  }

  /** R7: what a leader was told to be on a disk must still be there after a crash. */
  #forgotten(group: string, { core }: RaftMachine): string[] {
    const lost: string[] = []
    for (const [name, { core: leader }] of this.#machines) {
      if (!name.startsWith(`${group} `) || leader.term < core.term) continue
      const match = leader.leadership?.progress.get(core.self)?.match ?? 0
      if (match <= core.log.lastIndex) continue
      lost.push(
        `R7: peer ${core.self} acknowledged entry ${match} and came back with ${core.log.lastIndex}`,
      )
    }
    return lost
  }

  #report(node: string, broken: readonly string[], atUs: number): void {
    for (const sentence of broken) {
      this.findings.push({ promise: 'raft', sentence: `${node}: ${sentence}`, atUs })
    }
  }
}

/** Machines go by their group and their peer. */
const groupOf = (name: string): string => name.slice(0, name.lastIndexOf(' '))
