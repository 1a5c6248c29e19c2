/** Freezes a message all the way down, so that a test sees whoever changes what it was sent. */

import type { Message } from './message.ts'

export function deepFreeze<T extends Message>(message: T): T {
  freezeValue(message)
  return message
}

function freezeValue(value: unknown): void {
  // A view's elements cannot be frozen; schemas and `encode` mode guard the bytes.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
  if (Object.isFrozen(value)) return
  Object.freeze(value)
  for (const part of Object.values(value)) freezeValue(part)
}
