/**
 * Assertions, always on. A failed one is a programmer's error: the actor that made it dies and its
 * supervisor decides. What users or the world may do wrong is never an assertion.
 */

export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed'
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message)
}

/** The value, which must be there. */
export function must<T>(value: T | undefined | null, message: string): T {
  if (value === undefined || value === null) throw new AssertionFailed(message)
  return value
}

/** Closes a switch over a union: a case without an arm does not compile, and dies if it ever runs. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unexpected case: ${JSON.stringify(value)}`)
}
