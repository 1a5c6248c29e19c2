/** Which keys a run of FlareDB has: few of each kind, some that never change, so that regions have a body. */

export interface KeySpace {
  /** Money; its sum never changes. */
  readonly accounts: readonly string[]
  /** Lists that transactions append to. */
  readonly lists: readonly string[]
  /** Written plainly. */
  readonly registers: readonly string[]
  /** Written once, before all. */
  readonly body: readonly string[]
}

export const OPENING_BALANCE = 100
const BODY_BYTES = 120

const named = (letter: string, count: number, digits = 2): string[] =>
  Array.from({ length: count }, (_, i) => `${letter}${String(i).padStart(digits, '0')}`)

/** Bodies lie between the others in the order of keys, so that splits part them. */
export function keySpace(keys: number): KeySpace {
  return {
    accounts: named('a', keys),
    lists: named('l', keys),
    registers: named('r', keys),
    body: ['b', 'f', 'm', 's', 'x'].flatMap((letter) => named(letter, 12, 3)),
  }
}

export const bodyOf = (key: string): string => `${key} `.padEnd(BODY_BYTES, key)

/** A balance, and who left it: values are unique. */
export const balanceValue = (balance: number, by: string): string => `${balance} ${by}`
export const balanceIn = (value: string): number => Number(value.slice(0, value.indexOf(' ')))

export const elementsIn = (value: string | undefined): readonly string[] =>
  value === undefined || value === '' ? [] : value.split(',')
