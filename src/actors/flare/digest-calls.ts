/**
 * Has the leader of a region put a digest into the log, and asks each of its replicas what it found on its own
 * disk. A replica that lags or is gone is waited for as long as the caller's patience allows, less what the way back takes.
 */

import type { RegionView } from '../../core/placement/types.ts'
import type { RegionId, RegionPeer } from '../../core/region/types.ts'
import { address } from '../../runtime/address.ts'
import type { Outside } from '../../runtime/outside.ts'
import type { DriverExplain, DriverExplained } from '../../wire/messages/driver.ts'
import type {
  DigestFound,
  RegionDigest,
  RegionDigestBegin,
  RegionDigestBegun,
  RegionDigestIs,
} from '../../wire/messages/region.ts'
import type { Attempt } from './attempt.ts'
import type { DriverCalls } from './driver-calls.ts'
import { type Done, good, type Problem } from './outcome.ts'
import type { RegionCalls } from './region-calls.ts'

export interface ReplicaDigest {
  readonly peer: RegionPeer
  /** `silent`: it has not come so far in time, or does not run. */
  readonly found: DigestFound | { readonly found: 'silent' }
}

export interface RegionDigests {
  readonly region: RegionId
  /** Of the log's entry. */
  readonly index: number
  readonly replicas: readonly ReplicaDigest[]
}

/** Of the patience, for replicas to answer in. */
const SHARE = 0.8
const SILENT = { found: 'silent' } as const

export class DigestCalls {
  readonly #outside: Outside
  readonly #driver: DriverCalls
  readonly #regions: RegionCalls

  constructor(outside: Outside, driver: DriverCalls, regions: RegionCalls) {
    this.#outside = outside
    this.#driver = driver
    this.#regions = regions
  }

  digest(region: RegionId, attempt: Attempt, done: Done<RegionDigests>): void {
    const question: DriverExplain = { kind: 'driver.explain', region }
    this.#driver.read<DriverExplained>(question, attempt, (told) => {
      if (told.ok) this.#begin(told.value.region, attempt, done)
      else done(told)
    })
  }

  #begin({ descriptor, leader }: RegionView, attempt: Attempt, done: Done<RegionDigests>): void {
    const message: RegionDigestBegin = { kind: 'region.digest-begin', epoch: descriptor.epoch }
    const options = { repeatable: true, attempt }
    this.#regions.ask({ descriptor, leader }, message, options, (reply) => {
      const retry = () => this.digest(descriptor.id, attempt, done)
      const end = (problem: Problem) => done({ ok: false, problem })
      if (reply.type === 'ends') end(reply.problem)
      else if (reply.type === 'again') attempt.again(reply.afterMs, reply.problem, retry, end)
      else {
        const { index } = reply.message as RegionDigestBegun
        const { id, peers } = descriptor
        this.#gather(id, peers, index, attempt, (replicas) =>
          done(good({ region: id, index, replicas })),
        )
      }
    })
  }

  #gather(
    region: RegionId,
    peers: readonly RegionPeer[],
    index: number,
    attempt: Attempt,
    done: (replicas: readonly ReplicaDigest[]) => void,
  ): void {
    const told = new Map<RegionPeer, ReplicaDigest>()
    const message: RegionDigest = { kind: 'region.digest', index }
    const timeoutMs = attempt.leftMs * SHARE
    for (const peer of peers) {
      const to = address(peer.store, 'region', String(region))
      this.#outside.askThen(to, message, timeoutMs, (outcome) => {
        const answered = outcome.ok && outcome.message.kind === 'region.digest-is'
        const found = answered ? (outcome.message as RegionDigestIs).found : SILENT
        told.set(peer, { peer, found })
        if (told.size === peers.length) done(peers.flatMap((each) => told.get(each) ?? []))
      })
    }
  }
}
