/** All that is watched of FlareDB while a run goes on. */

import type { Shard } from '../../../src/runtime/shard.ts'
import type { StoreOp } from '../../../src/storage/store.ts'
import type { Finding } from '../findings.ts'
import { RegionsAtWork, type WatchedNode } from './regions-at-work.ts'
import { RegionsOnDisk } from './regions-on-disk.ts'
import { Truth } from './truth.ts'

export class FlareCheck {
  readonly truth = new Truth()
  readonly disks = new RegionsOnDisk()
  readonly atWork = new RegionsAtWork(this.disks)

  get findings(): readonly Finding[] {
    return [...this.truth.findings, ...this.disks.findings, ...this.atWork.findings]
  }

  get broken(): boolean {
    const { truth, disks, atWork } = this
    return truth.findings.length + disks.findings.length + atWork.findings.length > 0
  }

  landed(disk: string, ops: readonly StoreOp[], atUs: number): void {
    for (const op of ops) this.truth.landed(disk, op, atUs)
    this.disks.landed(disk, ops, atUs)
  }

  look(node: WatchedNode, shard: Shard, nowUs: number): void {
    this.atWork.look(node, shard, nowUs)
  }
}
