/**
 * Regions as they lie on disks. G1: at any time their newest ranges tile each namespace. G2: epochs of a peer
 * never go back. G3's share: a range that some version had, it has on every disk. What was applied at one index
 * is the same everywhere; a peer whose tombstone has landed never lives again.
 */

import { type Bytes, compareBytes, equalBytes } from '../../../src/base/bytes.ts'
import { groupId } from '../../../src/base/ids.ts'
import type { RegionDescriptor, RegionId } from '../../../src/core/region/types.ts'
import { GroupKeys } from '../../../src/storage/keyspace.ts'
import { readRegionMark } from '../../../src/storage/region-marks.ts'
import { readReplicaMeta } from '../../../src/storage/region-rows.ts'
import type { StoreOp } from '../../../src/storage/store.ts'
import { hashBytes } from '../../world/hash.ts'
import type { Finding } from '../findings.ts'
import { LogWitness } from '../log-witness.ts'
import { keyText } from '../timeline.ts'

const GROUP_OF_REGION = 'gregion-'
const MARK = 'nregion/'

/** What one disk holds of one region. */
interface OnDisk {
  applied: Bytes | undefined
  shape: Bytes | undefined
  descriptor: RegionDescriptor | undefined
  changed: boolean
}

interface Watched {
  readonly keys: GroupKeys
  readonly logs: LogWitness
  readonly disks: Map<string, OnDisk>
  /** By applied index: the state's hash, and the disk that first showed it. */
  readonly states: Map<number, { readonly hash: number; readonly disk: string }>
  /** By version: the range. */
  readonly ranges: Map<number, RegionDescriptor>
  /** As of its highest version. */
  newest: RegionDescriptor | undefined
}

export class RegionsOnDisk {
  readonly findings: Finding[] = []
  readonly #regions = new Map<number, Watched>()
  /** By disk and region: the highest peer that is gone. */
  readonly #gone = new Map<string, number>()

  /** All that were ever seen. */
  ids(): readonly number[] {
    return [...this.#regions.keys()]
  }

  newest(id: number): RegionDescriptor | undefined {
    return this.#regions.get(id)?.newest
  }

  /** Its descriptors, one of each version that was seen, the oldest first. */
  versionsOf(id: number): readonly RegionDescriptor[] {
    const ranges = [...(this.#regions.get(id)?.ranges.values() ?? [])]
    return ranges.sort((a, b) => a.epoch.version - b.epoch.version)
  }

  /** What a disk holds of it, as far as all of it is there. */
  peerOn(disk: string, id: number): RegionDescriptor | undefined {
    return this.#regions.get(id)?.disks.get(disk)?.descriptor
  }

  lastEntryOn(disk: string, id: number): number {
    return this.#regions.get(id)?.logs.lastEntryOn(disk) ?? 0
  }

  /** The highest peer of a region that had its tombstone on this disk. */
  goneFrom(disk: string, id: number): number {
    return this.#gone.get(`${disk} ${id}`) ?? 0
  }

  landed(disk: string, ops: readonly StoreOp[], atUs: number): void {
    let reshaped = false
    const touched = new Set<Watched>()
    for (const op of ops) {
      const first = op.key[0]
      if (first === 0x6e) this.#mark(disk, op, atUs)
      else if (first === 0x67) {
        const region = this.#row(disk, op, atUs)
        if (region !== undefined) touched.add(region)
      }
    }
    for (const region of touched) reshaped = this.#state(disk, region, atUs) || reshaped
    if (reshaped) this.#tile(atUs)
  }

  #mark(disk: string, op: StoreOp, atUs: number): void {
    if (op.type !== 'put' || !keyText(op.key).startsWith(MARK)) return
    const { region, peer, living } = readRegionMark([op.key, op.value])
    const name = `${disk} ${region}`
    const gone = this.#gone.get(name) ?? 0
    if (!living) this.#gone.set(name, Math.max(gone, peer))
    else if (gone >= peer) {
      this.#report('tombstone', `${disk} revives peer ${peer} of region ${region}`, atUs)
    }
  }

  #row(disk: string, op: StoreOp, atUs: number): Watched | undefined {
    const name = keyText(op.key.subarray(0, op.key.indexOf(0)))
    const id = name.startsWith(GROUP_OF_REGION)
      ? Number(name.slice(GROUP_OF_REGION.length))
      : Number.NaN
    // What a snapshot brings lies under a name of its own at first.
    if (!Number.isSafeInteger(id)) return undefined
    const region = this.#region(id)
    region.logs.landed(disk, op, atUs)
    const room = String.fromCharCode(op.key[region.keys.tailAt - 1] as number)
    const mine = this.#on(region, disk)
    const value = op.type === 'put' ? op.value : undefined
    if (room === 'a') mine.applied = value
    else if (room === 'd') mine.shape = value
    else return region
    mine.changed = true
    return region
  }

  /** Gives whether the newest range of a region is another one now. */
  #state(disk: string, region: Watched, atUs: number): boolean {
    const mine = this.#on(region, disk)
    if (!mine.changed) return false
    mine.changed = false
    const { applied, shape } = mine
    if (applied === undefined || shape === undefined) {
      mine.descriptor = undefined
      return false
    }
    const { descriptor, appliedIndex } = readReplicaMeta(region.keys, applied, shape)
    this.#epoch(disk, mine.descriptor, descriptor, atUs)
    mine.descriptor = descriptor
    this.#equal(disk, region, appliedIndex, hashBytes(applied), descriptor.id, atUs)
    return this.#range(disk, region, descriptor, atUs)
  }

  #epoch(
    disk: string,
    before: RegionDescriptor | undefined,
    { epoch, id }: RegionDescriptor,
    atUs: number,
  ): void {
    if (before === undefined) return
    const { version, confVer } = before.epoch
    if (epoch.version >= version && epoch.confVer >= confVer) return
    const sentence = `region ${id} on ${disk} went from ${version}/${confVer} to ${epoch.version}/${epoch.confVer}`
    this.#report('G2', sentence, atUs)
  }

  #equal(
    disk: string,
    region: Watched,
    index: number,
    hash: number,
    id: RegionId,
    atUs: number,
  ): void {
    // Who has applied nothing yet knows only how it was invited.
    if (index === 0) return
    const seen = region.states.get(index)
    if (seen === undefined) region.states.set(index, { hash, disk })
    else if (seen.hash !== hash) {
      const sentence = `region ${id} on ${disk} has another state after entry ${index} than on ${seen.disk}`
      this.#report('replicas', sentence, atUs)
    }
  }

  #range(disk: string, region: Watched, descriptor: RegionDescriptor, atUs: number): boolean {
    const { version } = descriptor.epoch
    const seen = region.ranges.get(version)
    if (seen === undefined) region.ranges.set(version, descriptor)
    else if (!equalBytes(seen.from, descriptor.from) || !equalBytes(seen.to, descriptor.to)) {
      const sentence = `region ${descriptor.id} has ${told(descriptor)} on ${disk}, elsewhere ${told(seen)}`
      this.#report('G1', sentence, atUs)
    }
    const older = region.newest?.epoch.version ?? 0
    if (version <= older) return false
    region.newest = descriptor
    return true
  }

  #tile(atUs: number): void {
    const all = [...this.#regions.values()].flatMap(({ newest }) => newest ?? [])
    for (const regions of Map.groupBy(all, ({ namespace }) => namespace).values()) {
      const sorted = regions.sort((a, b) => compareBytes(a.from, b.from))
      let end: Bytes | undefined
      let before: RegionDescriptor | undefined
      for (const each of sorted) {
        const fits = before === undefined ? each.from.length === 0 : end && meets(end, each.from)
        if (!fits) {
          const sentence = `${told(each)} follows ${before && told(before)}`
          this.#report('G1', sentence, atUs)
        }
        end = each.to
        before = each
      }
      if (end === undefined || end.length === 0) continue
      this.#report('G1', `nobody has what follows ${before && told(before)}`, atUs)
    }
  }

  #region(id: number): Watched {
    let region = this.#regions.get(id)
    if (region === undefined) {
      const keys = new GroupKeys(groupId(`region-${id}`))
      const logs = new LogWitness(keys, this.findings)
      region = {
        keys,
        logs,
        disks: new Map(),
        states: new Map(),
        ranges: new Map(),
        newest: undefined,
      }
      this.#regions.set(id, region)
    }
    return region
  }

  #on({ disks }: Watched, disk: string): OnDisk {
    let on = disks.get(disk)
    if (on === undefined) {
      on = { applied: undefined, shape: undefined, descriptor: undefined, changed: false }
      disks.set(disk, on)
    }
    return on
  }

  #report(promise: string, sentence: string, atUs: number): void {
    this.findings.push({ promise: `region.${promise}`, sentence, atUs })
  }
}

const meets = (end: Bytes, from: Bytes): boolean => end.length > 0 && equalBytes(end, from)

export const told = ({ id, from, to, epoch }: RegionDescriptor): string =>
  `region ${id} [${keyText(from)}, ${keyText(to)}) at ${epoch.version}/${epoch.confVer}`
