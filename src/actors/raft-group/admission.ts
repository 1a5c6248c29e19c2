/**
 * Who may still write when the disk runs short, of space or of breath: bulk gives way first, then the
 * writes of clients, consensus never. What gives space back goes on longest.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { Command, RequestOp } from '../../core/kv/types.ts'
import type { Context } from '../../runtime/actor.ts'
import type { StoreStats } from '../../storage/store.ts'
import { decodeCommand } from '../../wire/command.ts'
import type { RefusalReason } from '../../wire/messages/group.ts'
import type { GroupLimits, TreePorts } from '../options.ts'

/** Looking at the disk costs: one look serves all writes of a short while. */
const LOOK_MS = 250
/** Below this part of the free space that clients need, nothing of theirs is written, deletions neither. */
const LAST_RESERVE = 1 / 4

export class Admission {
  readonly #ports: TreePorts
  readonly #limits: GroupLimits
  #disk: StoreStats | undefined
  #lookAtMs = 0

  constructor(ports: TreePorts, limits: GroupLimits) {
    this.#ports = ports
    this.#limits = limits
  }

  /** Why a client's command is not taken now; undefined when it is. */
  refusal(command: Bytes, context: Context): RefusalReason | undefined {
    const { freeBytes, levelZeroFiles } = this.#look(context)
    const { minFreeBytes, clientLevelZeroFiles } = this.#limits
    if (levelZeroFiles >= clientLevelZeroFiles) return 'overloaded'
    if (freeBytes >= minFreeBytes) return undefined
    if (freeBytes < minFreeBytes * LAST_RESERVE) return 'no-space'
    return givesSpace(decodeCommand(command)) ? undefined : 'no-space'
  }

  /** Snapshots that come in, versions that are dropped: now, or later. */
  takesBulk(context: Context): boolean {
    return this.#look(context).levelZeroFiles < this.#limits.bulkLevelZeroFiles
  }

  #look(context: Context): StoreStats {
    if (this.#disk === undefined || context.nowMs >= this.#lookAtMs) {
      this.#disk = this.#ports.disk()
      this.#lookAtMs = context.nowMs + LOOK_MS
    }
    return this.#disk
  }
}

/** What etcd does with an alarm for space: everything but puts, new leases and transactions with a put. */
export function givesSpace(command: Command): boolean {
  if (command.op === 'put' || command.op === 'lease-grant') return false
  if (command.op !== 'txn') return true
  return !putsSomething([...command.request.success, ...command.request.failure])
}

function putsSomething(ops: readonly RequestOp[]): boolean {
  return ops.some((op) => {
    if (op.op === 'put') return true
    return op.op === 'txn' && putsSomething([...op.request.success, ...op.request.failure])
  })
}
