/**
 * What a region's leader says of its region, weighed against what is known. Newer wins, each number of an
 * epoch by itself; whose range was cut since by a split of its neighbours' ancestor is stale, too.
 */

import type { NodeName } from '../../base/ids.ts'
import type { RegionEpoch } from '../region/types.ts'
import type { Picture } from './picture.ts'
import type { RegionSeen } from './regions.ts'
import type { RegionReport } from './types.ts'

/** `dropped`: its namespace is gone. */
export type ReportFate = 'taken' | 'stale' | 'dropped'

export function takeReport(
  picture: Picture,
  from: NodeName,
  report: RegionReport,
  nowMs: number,
): ReportFate {
  const { descriptor, ...figures } = report
  const { id, epoch, namespace } = descriptor
  if (picture.namespaceOf(namespace) === undefined) return 'dropped'
  const known = picture.regions.get(id)
  if (known !== undefined && isStale(report, known)) return 'stale'
  const overlapping = picture.regions.overlapping(descriptor)
  if (overlapping.some((other) => epoch.version < other.descriptor.epoch.version)) return 'stale'
  for (const other of overlapping)
    picture.put({ of: 'region', id: other.descriptor.id, now: undefined })
  if (known === undefined || !sameEpoch(known.descriptor.epoch, epoch)) {
    picture.put({ of: 'region', id, now: descriptor })
  }
  const placed = picture.regions.get(id) as RegionSeen
  picture.regions.put({ ...placed, ...figures, leader: from, heardMs: nowMs })
  return 'taken'
}

function isStale({ descriptor, term }: RegionReport, known: RegionSeen): boolean {
  const { epoch } = known.descriptor
  return (
    descriptor.epoch.version < epoch.version ||
    descriptor.epoch.confVer < epoch.confVer ||
    term < known.term
  )
}

const sameEpoch = (a: RegionEpoch, b: RegionEpoch): boolean =>
  a.version === b.version && a.confVer === b.confVer
