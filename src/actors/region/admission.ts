/** Who may still write when the disk runs short, of space or of breath: snapshots give way first, then clients, consensus never. */

import type { RegionCommand, RegionRefusal } from '../../core/region/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { StoreStats } from '../../storage/store.ts'
import type { GroupLimits, TreePorts } from '../options.ts'

/** Looking at the disk costs: one look serves all writes of a short while. */
const LOOK_MS = 250
const BUSY_MS = 200

export class Admission {
  readonly #ports: TreePorts
  readonly #limits: GroupLimits
  #disk: StoreStats | undefined
  #lookAtMs = 0

  constructor(ports: TreePorts, limits: GroupLimits) {
    this.#ports = ports
    this.#limits = limits
  }

  /** Why a client's command is not taken now; undefined: it is. */
  refusal(command: RegionCommand, context: Context): RegionRefusal | undefined {
    const { freeBytes, levelZeroFiles } = this.#look(context)
    const { minFreeBytes, clientLevelZeroFiles } = this.#limits
    if (levelZeroFiles >= clientLevelZeroFiles) return { reason: 'busy', retryMs: BUSY_MS }
    return freeBytes < minFreeBytes && takesSpace(command) ? { reason: 'no-space' } : undefined
  }

  /** A chunk of a snapshot: now, or later. */
  takesBulk(context: Context): boolean {
    return this.#look(context).levelZeroFiles < this.#limits.bulkLevelZeroFiles
  }

  #look({ nowMs }: Context): StoreStats {
    if (this.#disk === undefined || nowMs >= this.#lookAtMs) {
      this.#disk = this.#ports.disk()
      this.#lookAtMs = nowMs + LOOK_MS
    }
    return this.#disk
  }
}

/** What ends transactions, or drops something, goes on longest. */
function takesSpace(command: RegionCommand): boolean {
  if (command.op === 'write') return command.ops.some(({ action }) => action === 'put')
  return command.op === 'prewrite'
}
