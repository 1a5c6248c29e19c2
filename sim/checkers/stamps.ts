/**
 * Judges what the timestamp oracles gave, over all nodes and leaders. T1: nobody got what another got. T2: who
 * asked after another was answered got more.
 */

import type { Finding } from './findings.ts'

export interface StampCall {
  readonly node: string
  readonly invokeUs: number
  /** Undefined: no answer, or a refusal; what it may have taken nobody has. */
  returnUs: number | undefined
  first: bigint
  count: number
}

export function checkStamps(calls: readonly StampCall[]): Finding[] {
  const answered = calls.filter(({ returnUs }) => returnUs !== undefined)
  return [...sharedByTwo(answered), ...outOfOrder(answered)]
}

function sharedByTwo(answered: readonly StampCall[]): Finding[] {
  const byFirst = answered.toSorted((a, b) => compare(a.first, b.first))
  return byFirst.slice(1).flatMap((call, i) => {
    const before = byFirst[i] as StampCall
    return before.first + BigInt(before.count) <= call.first
      ? []
      : [finding('T1', `${told(before)} and ${told(call)} share timestamps`, call)]
  })
}

/** Walks answers and questions in the order of time, with the highest that anybody had by then. */
function outOfOrder(answered: readonly StampCall[]): Finding[] {
  const byReturn = answered.toSorted((a, b) => (a.returnUs ?? 0) - (b.returnUs ?? 0))
  const findings: Finding[] = []
  let highest: StampCall | undefined
  let next = 0
  for (const call of answered.toSorted((a, b) => a.invokeUs - b.invokeUs)) {
    for (; next < byReturn.length; next++) {
      const earlier = byReturn[next] as StampCall
      if ((earlier.returnUs ?? 0) >= call.invokeUs) break
      if (highest === undefined || earlier.first > highest.first) highest = earlier
    }
    if (highest !== undefined && call.first <= highest.first) {
      findings.push(finding('T2', `${told(call)} was asked for after ${told(highest)}`, call))
    }
  }
  return findings
}

const told = ({ node, first, count, invokeUs, returnUs }: StampCall): string =>
  `${count} from ${first} of ${node} (${invokeUs} to ${returnUs} µs)`

const finding = (promise: string, sentence: string, { returnUs }: StampCall): Finding =>
  returnUs === undefined ? { promise, sentence } : { promise, sentence, atUs: returnUs }

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
