/** Who is in the cluster, and how each of them does. */

import { ClusterDefinition, type Member } from '../wire/proto/etcdserverpb/cluster.ts'
import { MaintenanceDefinition } from '../wire/proto/etcdserverpb/maintenance.ts'
import type { CallOptions, Endpoints } from './endpoints.ts'

export interface EndpointStatus {
  readonly version: string
  readonly memberId: bigint
  readonly clusterId: bigint
  /** 0n: the endpoint knows of none. */
  readonly leaderId: bigint
  readonly revision: number
  readonly raftTerm: number
  readonly raftIndex: number
  readonly raftAppliedIndex: number
  readonly databaseBytes: number
  readonly errors: readonly string[]
}

export class Cluster {
  readonly #endpoints: Endpoints

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints
  }

  async members(options: CallOptions = {}): Promise<readonly Member[]> {
    const { fullName, methods } = ClusterDefinition
    const request = { linearizable: true }
    const answer = await this.#endpoints.read(fullName, methods.memberList, request, options)
    return answer.members
  }

  /** Of one endpoint: name it, or take the one in use. */
  async status(options: CallOptions = {}): Promise<EndpointStatus> {
    const { fullName, methods } = MaintenanceDefinition
    const answer = await this.#endpoints.read(fullName, methods.status, {}, options)
    return {
      version: answer.version,
      memberId: answer.header?.memberId ?? 0n,
      clusterId: answer.header?.clusterId ?? 0n,
      leaderId: answer.leader,
      revision: Number(answer.header?.revision ?? 0n),
      raftTerm: Number(answer.raftTerm),
      raftIndex: Number(answer.raftIndex),
      raftAppliedIndex: Number(answer.raftAppliedIndex),
      databaseBytes: Number(answer.dbSize),
      errors: answer.errors,
    }
  }
}
