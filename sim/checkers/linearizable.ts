/**
 * Linearizability with a witness: every answer names the revision it was given at, so the order is known
 * and need not be searched. O(n log n). A history is right when
 *
 * - each answer is what its command gives on the state before its revision,
 * - each revision of the past belongs to exactly one write, and wrote what that write writes,
 * - the order of revisions agrees with real time: who began after another was answered sees it.
 *
 * Serializable reads are held to the first rule and to not seeing the future.
 */

import type { CommandResult, Event, KeyValue, RangeResponse } from '../../src/core/kv/types.ts'
import {
  type Call,
  headerOf,
  isUnknown,
  type RangeCall,
  type WriteCall,
} from '../workloads/history.ts'
import type { Finding } from './findings.ts'
import { execute, expectedRange } from './model.ts'
import { keyText, type Timeline } from './timeline.ts'

export function checkLinearizable(calls: readonly Call[], past: Timeline): Finding[] {
  const findings: Finding[] = []
  const owners = new Map<number, WriteCall>()
  for (const call of calls) {
    if (call.type === 'write') checkWrite(call, past, owners, findings)
    else if (call.type === 'range') checkRange(call, past, findings)
  }
  claimForgotten(calls, past, owners, findings)
  checkRealTime(calls, owners, findings)
  return findings
}

function report(findings: Finding[], call: Call, sentence: string): void {
  findings.push({
    promise: 'linearizable',
    sentence: `${describe(call)}: ${sentence}`,
    ...(call.returnUs === undefined ? {} : { atUs: call.returnUs }),
  })
}

function checkWrite(
  call: WriteCall,
  past: Timeline,
  owners: Map<number, WriteCall>,
  findings: Finding[],
): void {
  const header = headerOf(call)
  if (header === undefined || call.outcome === undefined) return
  if (header.revision > past.last) {
    report(findings, call, `answered at revision ${header.revision} of ${past.last}`)
    return
  }
  if (!('value' in call.outcome)) return
  const result = call.outcome.value
  const idle = execute(past, header.revision, call.command)
  if (idle.events.length === 0 && sameResult(idle.result, result)) return
  const effect = execute(past, header.revision - 1, call.command)
  if (!sameResult(effect.result, result)) {
    report(
      findings,
      call,
      `answered ${show(result)} at revision ${header.revision}, where it is ${show(effect.result)}`,
    )
    return
  }
  if (!sameEvents(effect.events, past.eventsAt(header.revision))) {
    report(findings, call, `revision ${header.revision} does not hold what it wrote`)
    return
  }
  const other = owners.get(header.revision)
  if (other) report(findings, call, `revision ${header.revision} belongs to ${describe(other)} too`)
  owners.set(header.revision, call)
}

function checkRange(call: RangeCall, past: Timeline, findings: Finding[]): void {
  const outcome = call.outcome
  if (outcome === undefined || !('value' in outcome)) return
  const at = outcome.header.revision
  if (at > past.last) {
    report(findings, call, `read at revision ${at} of ${past.last}`)
    return
  }
  const expected = expectedRange(past, at, call.request)
  if (!sameRange(expected, outcome.value)) {
    report(
      findings,
      call,
      `read ${show(outcome.value)} at revision ${at}, where it is ${show(expected)}`,
    )
  }
}

/** Revisions that no answered write claims: each must be one write of unknown outcome, or a lease's end. */
function claimForgotten(
  calls: readonly Call[],
  past: Timeline,
  owners: Map<number, WriteCall>,
  findings: Finding[],
): void {
  const unknown = calls.filter((call) => isUnknown(call)) as WriteCall[]
  const used = new Set<WriteCall>()
  for (let revision = 2; revision <= past.last; revision++) {
    if (owners.has(revision)) continue
    const events = past.eventsAt(revision)
    if (isLeaseEnd(events, past, revision)) continue
    const seenUs = past.seenUs(revision)
    const owner = unknown.find(
      (call) =>
        !used.has(call) &&
        (seenUs === 0 || call.invokeUs <= seenUs) &&
        sameEvents(execute(past, revision - 1, call.command).events, events),
    )
    if (owner === undefined) {
      const sentence = `revision ${revision} (${showEvents(events)}) is no client's write`
      findings.push({ promise: 'linearizable', sentence, atUs: seenUs })
      continue
    }
    used.add(owner)
    // A deletion may fit several unknown writes: only one that wrote a value of its own is surely known.
    if (events.some((event) => event.type === 'put')) owners.set(revision, owner)
  }
}

/** Deletions of all that one lease held, and nothing else. */
function isLeaseEnd(events: readonly Event[], past: Timeline, revision: number): boolean {
  const first = events[0]
  if (first === undefined) return false
  const id = past.get(keyText(first.kv.key), revision - 1)?.lease ?? 0n
  if (id === 0n) return false
  return sameEvents(
    execute(past, revision - 1, { op: 'lease-revoke', id, term: 0, granted: 0 }).events,
    events,
  )
}

/**
 * A running maximum: whoever was answered before this call began, at some revision, bounds it from
 * below; whoever began after it was answered bounds it from above.
 */
function checkRealTime(
  calls: readonly Call[],
  owners: ReadonlyMap<number, WriteCall>,
  findings: Finding[],
): void {
  const writes = new Map([...owners].map(([revision, call]) => [call as Call, revision]))
  const answered = calls
    .filter((call) => headerOf(call) !== undefined && call.returnUs !== undefined)
    .sort((a, b) => (a.returnUs as number) - (b.returnUs as number))
  let next = 0
  let highest: { readonly revision: number; readonly call: Call } | undefined
  for (const call of [...calls].sort((a, b) => a.invokeUs - b.invokeUs)) {
    for (; next < answered.length; next++) {
      const before = answered[next] as Call
      if ((before.returnUs as number) >= call.invokeUs) break
      const revision = revisionOf(before)
      if (highest === undefined || revision > highest.revision) highest = { revision, call: before }
    }
    if (call.type === 'range' && call.request.serializable) continue
    const written = writes.get(call)
    const own = written ?? (call.returnUs === undefined ? undefined : headerOf(call)?.revision)
    if (own === undefined || highest === undefined) continue
    const floor = written === undefined ? highest.revision : highest.revision + 1
    if (own < floor) {
      report(
        findings,
        call,
        `at revision ${own}, but began after ${describe(highest.call)} was answered at ${highest.revision}`,
      )
    }
  }
  checkNoFuture(answered, owners, findings)
}

function checkNoFuture(
  answered: readonly Call[],
  owners: ReadonlyMap<number, WriteCall>,
  findings: Finding[],
): void {
  /** Latest beginning among the writes of all revisions up to each. */
  const latest: number[] = [0, 0]
  const last = Math.max(1, ...owners.keys())
  for (let revision = 2; revision <= last; revision++) {
    const before = latest[revision - 1] as number
    latest.push(Math.max(before, owners.get(revision)?.invokeUs ?? 0))
  }
  for (const call of answered) {
    const revision = Math.min(revisionOf(call), last)
    if ((latest[revision] as number) > (call.returnUs as number)) {
      report(findings, call, `answered at revision ${revision} before that was asked for`)
    }
  }
}

const revisionOf = (call: Call): number => headerOf(call)?.revision ?? 0

function samePair(a: KeyValue, b: KeyValue): boolean {
  return (
    keyText(a.key) === keyText(b.key) &&
    keyText(a.value) === keyText(b.value) &&
    a.createRevision === b.createRevision &&
    a.modRevision === b.modRevision &&
    a.version === b.version &&
    a.lease === b.lease
  )
}

export function sameEvents(a: readonly Event[], b: readonly Event[]): boolean {
  return a.length === b.length && a.every((event, i) => sameEvent(event, b[i] as Event))
}

export function sameEvent(a: Event, b: Event): boolean {
  if (a.type !== b.type || a.kv.modRevision !== b.kv.modRevision) return false
  if (a.type === 'delete') return keyText(a.kv.key) === keyText(b.kv.key)
  return samePair(a.kv, b.kv)
}

function sameRange(a: RangeResponse, b: RangeResponse): boolean {
  return (
    a.count === b.count &&
    a.more === b.more &&
    a.kvs.length === b.kvs.length &&
    a.kvs.every((kv, i) => samePair(kv, b.kvs[i] as KeyValue))
  )
}

/** Results as canonical text; revisions inside a transaction's parts follow from its own. */
function sameResult(a: CommandResult, b: CommandResult): boolean {
  return show(a) === show(b)
}

export function show(value: unknown): string {
  return JSON.stringify(value, (name, inner: unknown) => {
    if (typeof inner === 'bigint') return `${inner}n`
    if (inner instanceof Uint8Array) return keyText(inner)
    return name === 'revision' ? undefined : inner
  })
}

const showEvents = (events: readonly Event[]): string =>
  events
    .map((event) => `${event.type} ${keyText(event.kv.key)}=${keyText(event.kv.value)}`)
    .join(', ')

export function describe(call: Call): string {
  const what =
    call.type === 'write'
      ? show(call.command)
      : call.type === 'range'
        ? `range ${keyText(call.request.key)}..${keyText(call.request.rangeEnd)}`
        : `${call.type} ${call.id}`
  const end = call.returnUs === undefined ? 'never' : (call.returnUs / 1000).toFixed(3)
  return `${call.client}@${call.node} [${(call.invokeUs / 1000).toFixed(3)}..${end}ms] ${what}`
}
