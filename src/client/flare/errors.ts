/** What a FlareDB call can end in besides its answer: one class for each thing that a program may act on. */

import { CallFailed } from '../failure.ts'

export class FlareError extends Error {
  override readonly name: string = 'FlareError'
  /** The word in the server's text: `not-found`, `overloaded`, `locked`; `failed` where it gave none. */
  readonly reason: string

  constructor(reason: string, text: string, options?: ErrorOptions) {
    super(text, options)
    this.reason = reason
  }
}

/** A write may have been done or not: read before writing again. */
export class Undetermined extends FlareError {
  override readonly name = 'Undetermined'
}

/** The namespace is eventual where a strong one is needed, or the other way round. */
export class NamespaceMode extends FlareError {
  override readonly name = 'NamespaceMode'
}

/** Nothing was written: the key has another version than expected. */
export class VersionMismatch extends FlareError {
  override readonly name = 'VersionMismatch'
  /** 0n: there is no such key. */
  readonly current: bigint

  constructor(current: bigint) {
    super('version-mismatch', current === 0n ? 'there is no such key' : `the version is ${current}`)
    this.current = current
  }
}

/** Nothing of a transaction was done: somebody else wrote what it read or wrote. */
export class Conflict extends FlareError {
  override readonly name = 'Conflict'
}

const TEXT = /^flaredb: ([a-z-]+): (.*)$/s
const CLASSES: Readonly<Record<string, typeof FlareError>> = {
  undetermined: Undetermined,
  'namespace-mode': NamespaceMode,
}

/** By the reason in its text; a write whose fate is open is undetermined, whatever the text. */
export function flareErrorOf(error: unknown, write: boolean): unknown {
  if (!(error instanceof CallFailed)) return error
  const unsaid = error.outcome === 'not-done' ? 'unavailable' : 'failed'
  const [, reason = unsaid, text = error.message] = TEXT.exec(error.message) ?? []
  const open = write && error.outcome === 'unknown'
  const Kind = open ? Undetermined : (CLASSES[reason] ?? FlareError)
  return new Kind(open ? 'undetermined' : reason, text, { cause: error })
}
