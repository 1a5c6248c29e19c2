/** G4: what is asked of a region under an epoch that was over before the question left is refused. */

import type { FlareCall } from '../../workloads/flare/history.ts'
import type { Finding } from '../findings.ts'

export function checkStale(calls: readonly FlareCall[]): Finding[] {
  return calls.flatMap((call) => {
    if (call.type !== 'stale' || !call.done) return []
    const { region, version } = call
    const sentence = `region ${region} took a write of version ${version}, which was over`
    return [{ promise: 'region.G4', sentence, atUs: call.invokeUs }]
  })
}
