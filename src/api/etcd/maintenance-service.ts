/** `etcdserverpb.Maintenance`: this node's status; there are no alarms to tell of. */

import {
  AlarmRequest_AlarmAction,
  MaintenanceDefinition,
} from '../../wire/proto/etcdserverpb/maintenance.ts'
import { type Method, service } from '../grpc/service.ts'
import { Code, Status } from '../grpc/status.ts'
import { REFUSALS } from './errors.ts'
import { headerOf } from './header.ts'
import type { ServiceParts } from './services.ts'
import { ETCD_VERSION, STORAGE_VERSION } from './version.ts'

/** etcd's default, named where none is set. */
const QUOTA_BYTES = 2 * 1024 ** 3
const NO_ALARM_TO_RAISE = new Status(
  Code.UNIMPLEMENTED,
  'method Alarm not implemented for ACTIVATE',
)

export function maintenanceService({ chainfire, membership }: ServiceParts): readonly Method[] {
  return service(MaintenanceDefinition, {
    async status() {
      const status = await chainfire.status()
      const sizes = membership.sizes()
      const leader = status.leader === undefined ? undefined : membership.idOf(status.leader)
      return {
        header: headerOf(membership, status),
        version: ETCD_VERSION,
        dbSize: BigInt(sizes.allocatedBytes),
        leader: leader ?? 0n,
        raftIndex: BigInt(status.commitIndex),
        raftTerm: BigInt(status.term),
        raftAppliedIndex: BigInt(status.appliedIndex),
        errors: leader === undefined ? [REFUSALS.noLeader.message] : [],
        dbSizeInUse: BigInt(sizes.inUseBytes),
        isLearner: status.role === 'learner',
        storageVersion: STORAGE_VERSION,
        dbSizeQuota: BigInt(sizes.quotaBytes || QUOTA_BYTES),
        downgradeInfo: { enabled: false, targetVersion: '' },
      }
    },

    async alarm({ action }) {
      if (action === AlarmRequest_AlarmAction.ACTIVATE) return NO_ALARM_TO_RAISE
      return { header: headerOf(membership, await chainfire.status()), alarms: [] }
    },
  })
}
