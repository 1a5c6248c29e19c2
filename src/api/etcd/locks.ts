/** `v3lockpb.Lock` and `v3electionpb.Election`: known by name, answered UNIMPLEMENTED. */

import { ElectionDefinition } from '../../wire/proto/v3electionpb/v3election.ts'
import { LockDefinition } from '../../wire/proto/v3lockpb/v3lock.ts'
import { type Method, service } from '../grpc/service.ts'

export const lockServices = (): readonly Method[] => [
  ...service(LockDefinition, {}),
  ...service(ElectionDefinition, {}),
]
