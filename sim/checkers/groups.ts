/**
 * Looks into the living machines of every group after each turn: Raft's promises over all peers and all
 * history (core/raft/group-audit), and equal state at equal applied index.
 */

import type { GroupInspection } from '../../src/actors/raft-group/status.ts'
import { GroupAudit } from '../../src/core/raft/group-audit.ts'
import { RaftMachine } from '../../src/core/raft/machine.ts'
import type { Shard } from '../../src/runtime/shard.ts'
import type { Finding } from './findings.ts'

/** The machines of one member that is up and back from its disk. */
export interface Member {
  readonly raft: RaftMachine
  readonly kv: NonNullable<GroupInspection['kv']>
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
  /** Which disk of its node each peer began on. */
  readonly #disks = new Map<string, number>()
  /** The machine last seen of each peer, to notice a new life. */
  readonly #machines = new Map<string, RaftMachine>()
  readonly #states = new Map<string, { readonly hash: number; readonly node: string }>()

  look(node: Watched, shard: Shard, groups: readonly string[], nowUs: number): void {
    for (const group of groups) {
      const member = memberOn(shard, group)
      if (member && !this.#isStranger(node, group, member)) {
        this.#look(node.name, group, member, nowUs)
      }
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
    const audit = this.#audits.get(group) ?? new GroupAudit()
    this.#audits.set(group, audit)
    const name = `${group} ${raft.core.self}`
    if (this.#machines.get(name) !== raft) {
      this.#report(node, audit.restarted(raft), nowUs)
      this.#machines.set(name, raft)
    }
    this.#report(node, audit.observe(raft), nowUs)
    const at = `${group} ${kv.appliedIndex}`
    const seen = this.#states.get(at)
    const hash = kv.stateHash()
    if (seen === undefined) this.#states.set(at, { hash, node })
    else if (seen.hash !== hash) {
      const sentence = `R5: ${node} has another state after entry ${kv.appliedIndex} than ${seen.node}`
      this.#report(node, [sentence], nowUs)
    }
  }

  #report(node: string, broken: readonly string[], atUs: number): void {
    for (const sentence of broken) {
      this.findings.push({ promise: 'raft', sentence: `${node}: ${sentence}`, atUs })
    }
  }
}
