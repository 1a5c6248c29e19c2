/** Looks at the metadata of every call: the client's API version, and whether it insists on a leader. */

import type { Guard } from '../grpc/call-context.ts'
import type { Status } from '../grpc/status.ts'
import { REFUSALS } from './errors.ts'
import { type LeaderMonitor, wantsLeader } from './leader-monitor.ts'

export function etcdGuard(leaders: LeaderMonitor): Guard {
  return (fields) => {
    const version = fields['client-api-version']
    if (version !== undefined && !isText(version)) return REFUSALS.invalidClientApiVersion
    return wantsLeader(fields) ? leaderOrRefusal(leaders) : undefined
  }
}

async function leaderOrRefusal(leaders: LeaderMonitor): Promise<Status | undefined> {
  return (await leaders.hasLeader()) ? undefined : REFUSALS.noLeader
}

/** Fields arrive as one character a byte; the bytes must be UTF-8. */
function isText(field: string): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(field, 'latin1'))
    return true
  } catch {
    return false
  }
}
