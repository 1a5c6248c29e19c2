/**
 * The guards of a transaction, evaluated on the state before it. A missing key compares as all zeros,
 * but no comparison of its value ever holds; over a range every key must hold.
 */

import { unreachable } from '../../base/assert.ts'
import { compareBytes } from '../../base/bytes.ts'
import type { Lessor } from '../lease/lessor.ts'
import type { KeyHistory } from '../mvcc/key-history.ts'
import type { KeyIndex } from '../mvcc/key-index.ts'
import { spanIsEmpty, spanOf } from '../mvcc/key-span.ts'
import type { KeyText } from '../mvcc/key-text.ts'
import type { ValueReader } from './applied.ts'
import type { Compare } from './types.ts'

export interface CompareState {
  readonly index: KeyIndex
  readonly lessor: Lessor
  readonly read: ValueReader
}

export function allHold(compares: readonly Compare[], state: CompareState): boolean {
  return compares.every((compare) => holds(compare, state))
}

function holds(compare: Compare, state: CompareState): boolean {
  const span = spanOf(compare.key, compare.rangeEnd)
  if (span.single) {
    const history = state.index.get(span.from)
    if (history?.alive !== true) return holdsForNothing(compare)
    return holdsFor(compare, span.from, history, state)
  }
  if (spanIsEmpty(span)) return holdsForNothing(compare)
  let met = false
  const all = state.index.walk(span.from, span.to, (key, history) => {
    if (!history.alive) return true
    met = true
    return holdsFor(compare, key, history, state)
  })
  return all && (met || holdsForNothing(compare))
}

function holdsForNothing(compare: Compare): boolean {
  const { operand } = compare
  if (operand.target === 'value') return false
  if (operand.target === 'lease') return satisfies(compare, order(0n, operand.value))
  return satisfies(compare, order(0, operand.value))
}

function holdsFor(
  compare: Compare,
  key: KeyText,
  history: KeyHistory,
  state: CompareState,
): boolean {
  const { operand } = compare
  switch (operand.target) {
    case 'version':
      return satisfies(compare, order(history.version, operand.value))
    case 'create':
      return satisfies(compare, order(history.create, operand.value))
    case 'mod':
      return satisfies(compare, order(history.main, operand.value))
    case 'lease':
      return satisfies(compare, order(state.lessor.leaseOf(key), operand.value))
    case 'value': {
      const { value } = state.read.get(history.newest)
      return satisfies(compare, compareBytes(value, operand.value))
    }
    default:
      return unreachable(operand)
  }
}

function order<T extends number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function satisfies(compare: Compare, sign: number): boolean {
  switch (compare.result) {
    case 'equal':
      return sign === 0
    case 'not-equal':
      return sign !== 0
    case 'greater':
      return sign > 0
    case 'less':
      return sign < 0
    default:
      return unreachable(compare.result)
  }
}
