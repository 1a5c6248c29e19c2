/** What a message weighs in a mailbox: a quick estimate in bytes, never exact, never zero. */

import type { Message } from './message.ts'

const OBJECT = 32
const DEPTH = 6

export const weigh = (message: Message): number => weighValue(message, DEPTH)

function weighValue(value: unknown, depth: number): number {
  if (typeof value === 'string') return 8 + value.length
  if (typeof value !== 'object' || value === null) return 8
  if (ArrayBuffer.isView(value)) return OBJECT + value.byteLength
  if (depth === 0) return OBJECT
  let total = OBJECT
  if (Array.isArray(value)) {
    for (const item of value) total += weighValue(item, depth - 1)
    return total
  }
  for (const name in value) total += weighValue((value as Record<string, unknown>)[name], depth - 1)
  return total
}
