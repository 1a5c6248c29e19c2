/**
 * Fields into header blocks: nothing but literals and the status 200, so that no table is kept and the
 * block of fields that are sent again and again is made once.
 */

import type { Fields } from '../door.ts'

const STATUS_200 = 0x88
const made = new WeakMap<Fields, Buffer>()

/** Fields must not change once they were sent. */
export function headerBlock(fields: Fields): Buffer {
  let block = made.get(fields)
  if (block === undefined) {
    block = Buffer.from(Object.entries(fields).flatMap(literal))
    made.set(fields, block)
  }
  return block
}

function literal([name, value]: [string, string]): number[] {
  if (name === ':status' && value === '200') return [STATUS_200]
  return [0, ...string(name), ...string(value)]
}

/** One byte a code unit, as `Fields` has them. */
function string(text: string): number[] {
  return [...integer(text.length), ...Buffer.from(text, 'latin1')]
}

/** With a prefix of seven bits. */
function integer(value: number): number[] {
  if (value < 127) return [value]
  const bytes = [127]
  let rest = value - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return [...bytes, rest]
}
