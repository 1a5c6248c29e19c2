/** Leases. Times are whole seconds. */

import { type ServiceError, status } from '@grpc/grpc-js'
import {
  LeaseDefinition,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
} from '../wire/proto/etcdserverpb/lease.ts'
import type { CallOptions, Endpoints } from './endpoints.ts'
import { CallFailed, failureOf } from './failure.ts'

const SERVICE = LeaseDefinition.fullName
const METHODS = LeaseDefinition.methods

export interface LeaseLeft {
  /** -1: there is no such lease. */
  readonly ttl: number
  readonly grantedTtl: number
  readonly keys: readonly Uint8Array[]
}

export class Lease {
  readonly #endpoints: Endpoints

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints
  }

  /** Without an id the cluster picks one; a short ttl may be raised. */
  async grant(
    ttl: number,
    options: CallOptions & { readonly id?: bigint } = {},
  ): Promise<{ readonly id: bigint; readonly ttl: number }> {
    const request = { TTL: BigInt(ttl), ID: options.id ?? 0n }
    const answer = await this.#endpoints.write(SERVICE, METHODS.leaseGrant, request, options)
    return { id: answer.ID, ttl: Number(answer.TTL) }
  }

  async revoke(id: bigint, options: CallOptions = {}): Promise<void> {
    await this.#endpoints.write(SERVICE, METHODS.leaseRevoke, { ID: id }, options)
  }

  /** One renewal: the new time to live, 0 when the lease is gone. */
  keepAlive(id: bigint, options: CallOptions = {}): Promise<number> {
    const { endpoint, client } = this.#endpoints.current()
    const call = client.makeBidiStreamRequest(
      `/${SERVICE}/${METHODS.leaseKeepAlive.name}`,
      (request: LeaseKeepAliveRequest) =>
        Buffer.from(LeaseKeepAliveRequest.encode(request).finish()),
      (bytes: Buffer) => LeaseKeepAliveResponse.decode(bytes),
      { deadline: Date.now() + (options.timeoutMs ?? 5_000) },
    )
    return new Promise((resolve, reject) => {
      call.on('data', (answer: LeaseKeepAliveResponse) => {
        resolve(Number(answer.TTL))
        call.cancel()
      })
      call.on('error', (error: ServiceError) => {
        if (error.code === status.UNAVAILABLE) this.#endpoints.rotate()
        reject(failureOf(endpoint, error))
      })
      call.on('end', () => {
        reject(new CallFailed(endpoint, status.UNKNOWN, 'the stream ended unanswered', 'unknown'))
      })
      call.write({ ID: id })
    })
  }

  async timeToLive(
    id: bigint,
    options: CallOptions & { readonly keys?: boolean } = {},
  ): Promise<LeaseLeft> {
    const request = { ID: id, keys: options.keys ?? false }
    const answer = await this.#endpoints.read(SERVICE, METHODS.leaseTimeToLive, request, options)
    return {
      ttl: Number(answer.TTL),
      grantedTtl: Number(answer.grantedTTL),
      keys: answer.keys,
    }
  }

  async list(options: CallOptions = {}): Promise<readonly bigint[]> {
    const answer = await this.#endpoints.read(SERVICE, METHODS.leaseLeases, {}, options)
    return answer.leases.map(({ ID }) => ID)
  }
}
