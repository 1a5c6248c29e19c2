/**
 * Plain writes and reads of FlareDB against the truth of the disks. Versions say in which order writes to a key
 * happened, so every answer names its place in that order, and places must agree with real time. A read that
 * found nothing may stand at any deletion; the earliest that fits is the best for whoever comes later.
 */

import type { FlareCall, ReadCall, TxnCall, WriteCall } from '../../workloads/flare/history.ts'
import type { Finding } from '../findings.ts'
import type { Truth } from './truth.ts'

/** One answer about one key. */
interface Answer {
  readonly key: string
  readonly invokeUs: number
  readonly returnUs: number
  readonly told: string
  /** The version seen or written; undefined: there was nothing. */
  readonly version: bigint | undefined
  readonly wrote: boolean
  readonly value: string | undefined
}

export function checkRegisters(calls: readonly FlareCall[], truth: Truth): Finding[] {
  const answers = calls.flatMap(answersOf)
  return [...Map.groupBy(answers, ({ key }) => key)].flatMap(([key, own]) =>
    checkKey(key, own, truth),
  )
}

function answersOf(call: FlareCall): Answer[] {
  if (call.returnUs === undefined) return []
  const at = { invokeUs: call.invokeUs, returnUs: call.returnUs }
  if (call.type === 'write') return writeAnswers(call, at)
  if (call.type === 'txn') return txnAnswers(call, at)
  return call.type === 'get' && call.at === undefined ? readAnswers(call, at) : []
}

type Span = Pick<Answer, 'invokeUs' | 'returnUs'>

function writeAnswers({ client, key, value, outcome }: WriteCall, at: Span): Answer[] {
  if (outcome === undefined || 'reason' in outcome) return []
  const told = `${client}’s ${outcome.type}`
  if (outcome.type === 'written') {
    return [{ ...at, key, told, version: outcome.version, wrote: true, value }]
  }
  const version = outcome.found === 0n ? undefined : outcome.found
  return [{ ...at, key, told, version, wrote: false, value: undefined }]
}

function txnAnswers({ client, writes, outcome }: TxnCall, at: Span): Answer[] {
  if (outcome === undefined || !('type' in outcome) || outcome.type !== 'committed') return []
  const { at: version } = outcome
  const told = `${client}’s commit`
  return writes.map(({ key, value }) => ({ ...at, key, told, version, wrote: true, value }))
}

function readAnswers({ client, keys, rows }: ReadCall, at: Span): Answer[] {
  if (rows === undefined) return []
  return keys.map((key) => {
    const row = rows.find((each) => each.key === key)
    const told = `${client}’s read`
    return { ...at, key, told, version: row?.version, wrote: false, value: row?.value }
  })
}

function checkKey(key: string, answers: readonly Answer[], truth: Truth): Finding[] {
  const findings: Finding[] = []
  const written = truth.of(key)
  const gaps = [0n, ...written.filter(({ value }) => value === undefined).map((it) => it.commit)]
  const byReturn = answers.toSorted((a, b) => a.returnUs - b.returnUs)
  const places = new Map<Answer, bigint>()
  let floor = 0n
  let holder: Answer | undefined
  let next = 0
  const say = (sentence: string, { returnUs }: Answer): void => {
    findings.push({ promise: 'flare.linearizable', sentence, atUs: returnUs })
  }
  for (const answer of answers.toSorted((a, b) => a.invokeUs - b.invokeUs)) {
    for (; (byReturn[next]?.returnUs ?? Number.POSITIVE_INFINITY) < answer.invokeUs; next++) {
      const earlier = byReturn[next] as Answer
      const place = places.get(earlier) ?? 0n
      if (place <= floor) continue
      floor = place
      holder = earlier
    }
    const place = answer.version ?? gaps.find((gap) => gap >= floor)
    if (place === undefined) {
      say(`${answer.told} finds no ${key} after ${holder?.told} of ${floor}`, answer)
      continue
    }
    places.set(answer, place)
    if (place < floor || (answer.wrote && place === floor && holder !== undefined)) {
      say(`${answer.told} of ${key} at ${place} comes after ${holder?.told} of ${floor}`, answer)
    }
    if (answer.version === undefined) continue
    const row = written.find(({ commit }) => commit === answer.version)
    const known = answer.value !== undefined || answer.wrote
    if (row === undefined) say(`${answer.told} of ${key} at ${place}: no such version`, answer)
    else if (known && row.value !== answer.value) {
      say(`${answer.told} of ${key} at ${place} is ${answer.value}, not ${row.value}`, answer)
    }
  }
  return findings
}
