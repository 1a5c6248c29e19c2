/**
 * What is demanded once everything is healed: a leader, every call ended, every node with the same state,
 * answers from each of them, watchers told of everything. What is missing at the deadline is a finding.
 */

import type { Finding } from './checkers/findings.ts'
import type { Client } from './workloads/client.ts'
import type { Watcher } from './workloads/watcher.ts'
import type { SimNode } from './world/node.ts'
import type { World } from './world/world.ts'

/** Virtual time in which a healed cluster must have recovered: many election timeouts and redials. */
const RECOVERY_US = 40_000_000
const LOOK_EVERY_US = 200_000
const FENCES = 2

export class Recovery {
  readonly deadlineUs: number
  readonly #world: World
  readonly #clients: readonly Client[]
  readonly #watchers: readonly Watcher[]
  readonly #write: (at: SimNode, value: string) => Promise<boolean>
  #done = false
  #fences = 0
  #fencing = false

  constructor(
    world: World,
    clients: readonly Client[],
    watchers: readonly Watcher[],
    write: (at: SimNode, value: string) => Promise<boolean>,
  ) {
    this.#world = world
    this.#clients = clients
    this.#watchers = watchers
    this.#write = write
    this.deadlineUs = world.kernel.nowUs + RECOVERY_US
    this.#look()
  }

  get done(): boolean {
    return this.#done
  }

  missing(): Finding[] {
    if (this.#done) return []
    return this.#lacking().map((sentence) => ({
      promise: 'liveness',
      sentence,
      atUs: this.#world.kernel.nowUs,
    }))
  }

  #look(): void {
    this.#done = this.#lacking().length === 0
    if (this.#done) return
    this.#fence()
    for (const watcher of this.#watchers) watcher.askProgress()
    const label = { node: '', kind: 'recovery' }
    this.#world.kernel.after(LOOK_EVERY_US, label, () => this.#look())
  }

  #lacking(): string[] {
    const world = this.#world
    const lacking: string[] = []
    if (world.leader() === undefined) lacking.push('there is no leader')
    for (const client of this.#clients) {
      if (!client.finished) lacking.push(`client ${client.name} still waits for an answer`)
    }
    lacking.push(...this.#unequal())
    if (this.#fences < FENCES) lacking.push('no write went through after everything was healed')
    for (const watcher of this.#watchers) {
      if (watcher.upTo < world.witness.lastRevision) {
        lacking.push(
          `watcher ${watcher.name} was told up to ${watcher.upTo} of ${world.witness.lastRevision}`,
        )
      }
    }
    return lacking
  }

  /** Members of the leader's configuration that have not applied what it has. */
  #unequal(): string[] {
    const world = this.#world
    const leader = world.leader()
    const lead = leader && world.member(leader)
    if (lead === undefined) return []
    const { voters, learners } = lead.raft.core.configuration
    const belongs = new Set<number>([...voters, ...learners])
    const lacking: string[] = []
    for (const node of world.nodes) {
      const member = world.member(node)
      if (member === undefined) {
        if (world.founders.includes(node.name)) lacking.push(`${node.name} is not back`)
      } else if (
        belongs.has(member.raft.core.self) &&
        member.kv.appliedIndex < lead.kv.appliedIndex
      ) {
        lacking.push(
          `${node.name} applied up to ${member.kv.appliedIndex} of ${lead.kv.appliedIndex}`,
        )
      }
    }
    return lacking
  }

  /** Writes of its own, through the leader: after them every node has news of all that went before. */
  #fence(): void {
    const leader = this.#world.leader()
    if (this.#fencing || this.#fences >= FENCES || leader === undefined) return
    this.#fencing = true
    this.#write(leader, `fence ${this.#fences}`).then((done) => {
      this.#fencing = false
      if (done) this.#fences++
    })
  }
}
