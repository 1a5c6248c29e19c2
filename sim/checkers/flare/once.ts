/**
 * What was told of a write is what became of it: refused, it is nowhere; answered, it is there once, under the
 * version that was told; of unknown fate, once or not at all. A transaction is there as a whole, at one
 * timestamp, or not at all. Values are unique in a run, so that the truth of the disks knows each by its value.
 */

import {
  type FlareCall,
  isOpen,
  type TxnCall,
  type WriteCall,
} from '../../workloads/flare/history.ts'
import type { Finding } from '../findings.ts'
import type { Truth } from './truth.ts'

type Write = TxnCall['writes'][number]

export function checkOnce(calls: readonly FlareCall[], truth: Truth): Finding[] {
  return calls.flatMap((call) => {
    const said = call.type === 'write' ? ofWrite(call, truth) : undefined
    const sentence = call.type === 'txn' ? ofTxn(call, truth) : said
    return sentence === undefined ? [] : [finding(call, sentence)]
  })
}

function ofWrite(call: WriteCall, truth: Truth): string | undefined {
  const { key, value, outcome } = call
  if (value === undefined) return undefined
  const found = commitsOf({ key, value }, truth)
  if (found.length > 1) return `${value} was written to ${key} ${found.length} times`
  if (isOpen(call) || outcome === undefined) return undefined
  if ('type' in outcome && outcome.type === 'written') {
    if (found.length === 0) return `${value} was acknowledged, and ${key} never had it`
    return found[0] === outcome.version
      ? undefined
      : `${value} was acknowledged at ${outcome.version}, and is at ${found[0]}`
  }
  const why = 'reason' in outcome ? outcome.reason : 'a mismatch'
  return found.length === 0 ? undefined : `${value} was refused for ${why}, and is at ${found[0]}`
}

function ofTxn(call: TxnCall, truth: Truth): string | undefined {
  const { writes, outcome } = call
  if (writes.length === 0) return undefined
  const found = writes.map((write) => commitsOf(write, truth))
  const all = new Set(found.flat())
  const there = found.filter((commits) => commits.length > 0).length
  if (found.some(({ length }) => length > 1)) return 'a transaction wrote a key twice'
  if (there > 0 && there < writes.length) {
    return `of a transaction from ${call.start} ${there} of ${writes.length} keys were written`
  }
  if (all.size > 1) return `a transaction from ${call.start} is at ${[...all].join(' and ')}`
  if (isOpen(call) || outcome === undefined) return undefined
  const [at] = all
  if ('type' in outcome && outcome.type === 'committed') {
    return at === outcome.at
      ? undefined
      : `a transaction was committed at ${outcome.at}, and is at ${at}`
  }
  return at === undefined ? undefined : `a transaction was aborted, and is at ${at}`
}

const commitsOf = ({ key, value }: Write, truth: Truth): bigint[] =>
  truth
    .of(key)
    .filter((each) => each.value === value)
    .map(({ commit }) => commit)

const finding = ({ client, returnUs }: FlareCall, sentence: string): Finding => ({
  promise: 'flare.once',
  sentence: `${client}: ${sentence}`,
  ...(returnUs === undefined ? {} : { atUs: returnUs }),
})
