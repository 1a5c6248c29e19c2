/**
 * Leader transfer (3.10): the leader stops taking proposals, brings its successor up to date, asks
 * it to campaign at once, and takes proposals again if nothing came of it within an election
 * timeout.
 */

import type { PeerId } from '../../base/ids.ts'
import type { Core, Leadership } from './core.ts'
import type { TransferOutcome } from './types.ts'

export function transferTo(core: Core, to: PeerId): TransferOutcome {
  const { leadership, leader } = core
  if (!leadership) return { ok: false, reason: 'not-leader', leader }
  if (to === core.self) return { ok: false, reason: 'already-leader', leader }
  if (!core.configuration.voters.includes(to)) return { ok: false, reason: 'not-a-voter', leader }
  leadership.transferee = to
  core.elapsed = 0
  handOver(core, leadership)
  return { ok: true }
}

/** Asks the successor to campaign, once it has everything. Asked again at each sign of it. */
export function handOver(core: Core, leadership: Leadership): void {
  const { transferee } = leadership
  if (transferee === undefined) return
  if (leadership.progress.get(transferee)?.match === core.log.lastIndex) {
    core.send(transferee, { kind: 'timeout-now' })
  }
}
