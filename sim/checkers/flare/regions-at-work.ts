/**
 * Looks into the living peers of regions after each turn: Raft's promises for each group, equal state at equal
 * applied index, no two peers of one node with the same keys, nobody at work behind a tombstone.
 */

import type { RegionInspection } from '../../../src/actors/region/status.ts'
import { RaftMachine } from '../../../src/core/raft/machine.ts'
import { overlaps } from '../../../src/core/region/descriptor.ts'
import type { RegionDescriptor } from '../../../src/core/region/types.ts'
import type { Shard } from '../../../src/runtime/shard.ts'
import { hashText, mixWords } from '../../world/hash.ts'
import type { Finding } from '../findings.ts'
import { GroupsCheck } from '../groups.ts'
import { type RegionsOnDisk, told } from './regions-on-disk.ts'

/** A node as far as this check knows one. */
export interface WatchedNode {
  readonly name: string
  readonly wipes: number
  readonly shards: readonly (Shard | undefined)[]
}

/** A region's peer that is back from its disk. */
export function regionOn(shard: Shard, id: number): RegionInspection | undefined {
  const seen = shard.actor('region', String(id))?.inspect?.() as
    | Partial<RegionInspection>
    | undefined
  return seen?.raft instanceof RaftMachine ? (seen as RegionInspection) : undefined
}

export class RegionsAtWork {
  readonly findings: Finding[]
  readonly #groups: GroupsCheck
  readonly #disks: RegionsOnDisk
  /** By node and region: the range when it was last looked at. */
  readonly #seen = new Map<string, RegionDescriptor>()

  constructor(disks: RegionsOnDisk) {
    this.#disks = disks
    this.#groups = new GroupsCheck((node, group) => disks.lastEntryOn(node, idOf(group)))
    this.findings = this.#groups.findings
  }

  look(node: WatchedNode, shard: Shard, nowUs: number): void {
    let changed = false
    for (const id of this.#disks.ids()) {
      const region = regionOn(shard, id)
      if (region === undefined) continue
      changed = this.#look(node, id, region, nowUs) || changed
    }
    if (changed) this.#apart(node, nowUs)
  }

  #look(node: WatchedNode, id: number, region: RegionInspection, nowUs: number): boolean {
    const { raft, state, status } = region
    const { appliedIndex } = state
    // Who has applied nothing yet knows only how it was invited.
    const kv = { appliedIndex, stateHash: () => (appliedIndex === 0 ? 0 : hashOf(region)) }
    this.#groups.see(node, `region-${id}`, { raft, kv }, nowUs)
    if (this.#disks.goneFrom(node.name, id) >= status.self) {
      const sentence = `${node.name}: peer ${status.self} of region ${id} is at work after its end`
      this.findings.push({ promise: 'region.tombstone', sentence, atUs: nowUs })
    }
    const name = `${node.name} ${id}`
    const same = this.#seen.get(name) === state.descriptor
    this.#seen.set(name, state.descriptor)
    return !same
  }

  #apart(node: WatchedNode, nowUs: number): void {
    const here: RegionDescriptor[] = []
    for (const shard of node.shards) {
      for (const id of shard === undefined ? [] : this.#disks.ids()) {
        const region = shard && regionOn(shard, id)
        if (region) here.push(region.state.descriptor)
      }
    }
    here.forEach((one, i) => {
      const other = here
        .slice(i + 1)
        .find((each) => each.namespace === one.namespace && overlaps(each, one))
      if (other === undefined) return
      const sentence = `${node.name} has ${told(one)} and ${told(other)}`
      this.findings.push({ promise: 'region.overlap', sentence, atUs: nowUs })
    })
  }
}

const idOf = (group: string): number => Number(group.slice('region-'.length))

/** What lies in memory, but for locks: a snapshot may bring some of later entries, and miss what those take away. */
function hashOf({ state }: RegionInspection): number {
  const { sessions, size, descriptor } = state
  const { version, confVer } = descriptor.epoch
  const words = [sessions.size, size.rows, size.bytes, version, confVer, state.driverEpoch]
  const stamps = [state.safePoint, state.highestCommit, sessions.forgotten]
  return words.reduce(mixWords, hashText(stamps.join()))
}
