/**
 * Leases: none ends before its time unless somebody revoked it, and nobody is told afterwards that it
 * lives. That one that ends takes all its keys in one revision is `linearizable`'s to see.
 */

import { type Call, headerOf } from '../workloads/history.ts'
import type { Finding } from './findings.ts'
import { describe } from './linearizable.ts'

/** What disks show of one lease: when its row was first put, and first dropped, anywhere. */
export interface LeaseLife {
  readonly id: bigint
  readonly ttlSeconds: number
  readonly grantedUs: number
  endedUs: number | undefined
}

/** Clocks in simulations run wrong by at most this. */
const DRIFT_PPM = 1000

export function checkLeases(calls: readonly Call[], lives: readonly LeaseLife[]): Finding[] {
  const findings: Finding[] = []
  const byLease = new Map<bigint, Call[]>()
  for (const call of calls) {
    const id = leaseOf(call)
    if (id === undefined) continue
    const list = byLease.get(id) ?? []
    byLease.set(id, list)
    list.push(call)
  }
  for (const life of lives) checkLife(life, byLease.get(life.id) ?? [], findings)
  return findings
}

function leaseOf(call: Call): bigint | undefined {
  if (call.type === 'keep-alive' || call.type === 'time-to-live') return call.id
  if (call.type !== 'write') return undefined
  const { command } = call
  return command.op === 'lease-grant' || command.op === 'lease-revoke' ? command.id : undefined
}

function checkLife(life: LeaseLife, calls: readonly Call[], findings: Finding[]): void {
  const ended = life.endedUs
  if (ended === undefined) return
  const revoked = calls.some(
    (call) => call.type === 'write' && call.command.op === 'lease-revoke' && call.invokeUs <= ended,
  )
  const earliest = earliestEndUs(life, calls)
  if (!revoked && ended < earliest) {
    const early = ((earliest - ended) / 1000).toFixed(0)
    findings.push({
      promise: 'lease.not-early',
      sentence: `lease ${life.id} of ${life.ttlSeconds}s ended ${early}ms before its time`,
      atUs: ended,
    })
  }
  for (const call of calls) {
    if (call.invokeUs <= ended || !saysAlive(call)) continue
    findings.push({
      promise: 'lease.dead-is-dead',
      sentence: `${describe(call)}: was told that it lives, but it ended at ${(ended / 1000).toFixed(0)}ms`,
      atUs: call.returnUs ?? call.invokeUs,
    })
  }
}

/**
 * The grant, and each keep-alive that was answered with time left, promised a whole TTL from no earlier
 * than when it was asked for. One asked so late that the end was already decided promised nothing.
 */
function earliestEndUs(life: LeaseLife, calls: readonly Call[]): number {
  const promised = life.ttlSeconds * (1_000_000 - DRIFT_PPM)
  let from = calls.find(
    (call) => call.type === 'write' && call.command.op === 'lease-grant',
  )?.invokeUs
  for (const call of calls) {
    if (call.type !== 'keep-alive' || !saysAlive(call)) continue
    if (call.returnUs !== undefined && call.returnUs < (life.endedUs ?? 0)) {
      from = Math.max(from ?? 0, call.invokeUs)
    }
  }
  return (from ?? life.grantedUs) + promised
}

function saysAlive(call: Call): boolean {
  const outcome = call.outcome
  if (call.returnUs === undefined || outcome === undefined || !('value' in outcome)) return false
  if (call.type === 'keep-alive') return (outcome.value as { ttl: number }).ttl > 0
  if (call.type === 'time-to-live') return (outcome.value as { ttl: number }).ttl > 0
  return false
}

/** Leases that some client was told of, for the check that nothing acknowledged is lost. */
export function grantedLeases(calls: readonly Call[]): bigint[] {
  return calls.flatMap((call) => {
    if (call.type !== 'write' || call.command.op !== 'lease-grant') return []
    const granted = headerOf(call) !== undefined && call.outcome && 'value' in call.outcome
    return granted ? [call.command.id] : []
  })
}
