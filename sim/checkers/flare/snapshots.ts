/**
 * Reads at a timestamp show exactly what the disks know of that moment. Scans give every key once, in order, and
 * all that is always there. Money: at every timestamp the accounts sum up to the same.
 */

import type { FlareCall, ReadCall, Seen } from '../../workloads/flare/history.ts'
import { balanceIn, type KeySpace, OPENING_BALANCE } from '../../workloads/flare/keys.ts'
import type { Finding } from '../findings.ts'
import type { Truth } from './truth.ts'

export function checkSnapshots(
  calls: readonly FlareCall[],
  keys: KeySpace,
  truth: Truth,
): Finding[] {
  const findings: Finding[] = []
  for (const call of calls) {
    if (call.type === 'txn') {
      const { start, reads, readKeys } = call
      report(call, atStamp(start, readKeys, reads, truth), findings)
    } else if ((call.type === 'get' || call.type === 'scan') && call.rows !== undefined) {
      const asked = call.type === 'get' ? call.keys : truth.keys()
      const { at, rows } = call
      if (at !== undefined) report(call, atStamp(at, asked, rows, truth), findings)
      if (call.type === 'scan') report(call, scanned(call, rows, keys), findings)
    }
  }
  return findings
}

/** At each moment at which any of them changed. */
export function checkSums({ accounts }: KeySpace, truth: Truth): Finding[] {
  const total = accounts.length * OPENING_BALANCE
  const moments = new Set(accounts.flatMap((key) => truth.of(key).map(({ commit }) => commit)))
  for (const stamp of [...moments].sort((a, b) => (a < b ? -1 : 1))) {
    const values = accounts.map((key) => truth.at(key, stamp)?.value ?? '0 ')
    const sum = values.reduce((all, value) => all + balanceIn(value), 0)
    if (sum === total) continue
    const sentence = `at ${stamp} there is ${sum} in all accounts, not ${total}`
    return [{ promise: 'flare.bank', sentence }]
  }
  return []
}

function atStamp(
  at: bigint,
  keys: readonly string[],
  rows: readonly Seen[],
  truth: Truth,
): string | undefined {
  for (const key of keys) {
    const row = rows.find((each) => each.key === key)
    const held = truth.at(key, at)
    const version = held?.value === undefined ? undefined : held.commit
    if (row?.version !== version || row?.value !== held?.value) {
      const shown = row === undefined ? 'nothing' : `${row.value} of ${row.version}`
      return `${key} at ${at} shows ${shown}, and is ${held?.value} of ${held?.commit}`
    }
  }
  return undefined
}

function scanned(call: ReadCall, rows: readonly Seen[], { body }: KeySpace): string | undefined {
  const names = rows.map(({ key }) => key)
  const ordered = call.reverse ? names.toReversed() : names
  const wrong = ordered.findIndex((key, i) => i > 0 && key <= (ordered[i - 1] as string))
  if (wrong > 0) return `a scan shows ${ordered[wrong]} after ${ordered[wrong - 1]}`
  const missing = body.find((key) => !names.includes(key))
  return missing === undefined ? undefined : `a scan misses ${missing}, which is always there`
}

function report(call: FlareCall, sentence: string | undefined, findings: Finding[]): void {
  if (sentence === undefined) return
  findings.push({
    promise: 'flare.snapshot',
    sentence: `${call.client}: ${sentence}`,
    ...(call.returnUs === undefined ? {} : { atUs: call.returnUs }),
  })
}
