/** FlareDB's services, in the order of their file. */

import type { Flare } from '../../actors/flare/flare.ts'
import type { Method } from '../grpc/service.ts'
import { adminService } from './admin-service.ts'
import { casService } from './cas-service.ts'
import { kvService } from './kv-service.ts'
import { rawService } from './raw-service.ts'
import { txnService } from './txn-service.ts'

export const flareServices = (flare: Flare): readonly (readonly Method[])[] => [
  rawService(flare),
  casService(flare),
  kvService(flare),
  txnService(flare),
  adminService(flare),
]
