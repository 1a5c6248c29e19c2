/** `etcdserverpb.Lease`: granting, revoking, keeping alive, asking for the time left. */

import type { Random } from '../../base/ports/random.ts'
import {
  LeaseDefinition,
  type LeaseKeepAliveRequest,
  type LeaseKeepAliveResponse,
} from '../../wire/proto/etcdserverpb/lease.ts'
import { type Method, type StreamingHandler, service } from '../grpc/service.ts'
import { Status } from '../grpc/status.ts'
import { checkSize } from './checks.ts'
import { REFUSALS, statusOf } from './errors.ts'
import { headerOf } from './header.ts'
import { toNumber } from './kv-requests.ts'
import { resultOf } from './kv-service.ts'
import type { ServiceParts } from './services.ts'

const MAX_TTL_SECONDS = 9_000_000_000n
/** Keep-alives of one stream under way at once. */
const KEEP_ALIVES = 256

export function leaseService(parts: ServiceParts): readonly Method[] {
  const { chainfire, membership, random, limits, leaders } = parts

  return service(LeaseDefinition, {
    async leaseGrant(request, call) {
      if (request.TTL > MAX_TTL_SECONDS) return REFUSALS.leaseTtlTooLarge
      const tooLarge = checkSize(call, limits.maxRequestBytes)
      if (tooLarge) return tooLarge
      const id = request.ID === 0n ? drawLeaseId(random) : request.ID
      const ttl = Math.max(toNumber(request.TTL), limits.minLeaseSeconds)
      const result = resultOf(await chainfire.write({ op: 'lease-grant', id, ttl }), 'lease-grant')
      if (result instanceof Status) return result
      const { value, header } = result
      const TTL = BigInt(value.ttl)
      return { header: headerOf(membership, header), ID: value.id, TTL, error: '' }
    },

    async leaseRevoke({ ID }) {
      const done = await chainfire.write({ op: 'lease-revoke', id: ID, term: 0, granted: 0 })
      const result = resultOf(done, 'lease-revoke')
      if (result instanceof Status) return result
      return { header: headerOf(membership, result.header) }
    },

    leaseKeepAlive: leaders.guarding(keepAliveHandler(parts)),

    async leaseTimeToLive({ ID, keys }) {
      const outcome = await chainfire.timeToLive(ID, keys)
      if (!outcome.ok) return statusOf(outcome)
      const left = outcome.value
      return {
        header: headerOf(membership, outcome.header),
        ID,
        TTL: BigInt(left.ttl),
        grantedTTL: BigInt(left.grantedTtl),
        keys: left.keys,
      }
    },

    async leaseLeases() {
      const outcome = await chainfire.leases()
      if (!outcome.ok) return statusOf(outcome)
      const leases = outcome.value.map((ID) => ({ ID }))
      return { header: headerOf(membership, outcome.header), leases }
    },
  })
}

/** One answer for each request, in the order of the requests; several are asked for at once. */
function keepAliveHandler({
  chainfire,
  membership,
}: ServiceParts): StreamingHandler<LeaseKeepAliveRequest, LeaseKeepAliveResponse> {
  return (call) => {
    let answered: Promise<void> = Promise.resolve()
    let underWay = 0
    let closed = false
    const answer = async ({ ID }: LeaseKeepAliveRequest, earlier: Promise<void>): Promise<void> => {
      const outcome = await chainfire.keepAlive(ID)
      await earlier
      underWay--
      call.hold(underWay >= KEEP_ALIVES)
      if (!outcome.ok) {
        call.finish(statusOf(outcome))
        return
      }
      const TTL = BigInt(outcome.value.ttl)
      call.send({ header: headerOf(membership, outcome.header), ID, TTL })
      if (closed && underWay === 0) call.finish()
    }
    return {
      message(request) {
        underWay++
        if (underWay >= KEEP_ALIVES) call.hold(true)
        answered = answer(request, answered)
      },
      halfClosed() {
        closed = true
        if (underWay === 0) call.finish()
      },
      drained() {},
      gone() {},
    }
  }
}

/** A positive int63. */
function drawLeaseId(random: Random): bigint {
  const high = BigInt(random.below(0x8000_0000))
  const low = BigInt(random.below(0x1_0000_0000))
  const id = (high << 32n) | low
  return id === 0n ? 1n : id
}
