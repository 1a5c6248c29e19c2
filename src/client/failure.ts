/** What a call can end in besides its answer, and whether it may have happened nevertheless. */

import { type ServiceError, status } from '@grpc/grpc-js'

/**
 * `refused`: the cluster understood and said no. `not-done`: nobody did anything, another try is safe.
 * `unknown`: a write may or may not have happened.
 */
export type FailureOutcome = 'refused' | 'not-done' | 'unknown'

export class CallFailed extends Error {
  override readonly name = 'CallFailed'
  /** gRPC's number and name of the status. */
  readonly code: number
  readonly codeName: string
  readonly outcome: FailureOutcome
  readonly endpoint: string

  constructor(endpoint: string, code: number, text: string, outcome: FailureOutcome) {
    super(text)
    this.endpoint = endpoint
    this.code = code
    this.codeName = status[code] ?? String(code)
    this.outcome = outcome
  }
}

/** Statuses after which it is open whether a write took place. */
const OPEN = new Set<number>([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.UNKNOWN,
  status.INTERNAL,
])
/** Texts of the server that say that it proposed nothing. */
const NOTHING_DONE = new Set(['etcdserver: no leader', 'etcdserver: too many requests'])

export function failureOf(endpoint: string, error: ServiceError): CallFailed {
  const text = error.details || error.message
  return new CallFailed(endpoint, error.code, text, outcomeOf(error.code, text))
}

/** FlareDB's own word for why, at the beginning of its texts. */
const FLARE_REASON = /^flaredb: ([a-z-]+): /
const FLARE_NOTHING_DONE = new Set(['unavailable', 'overloaded'])

function outcomeOf(code: number, text: string): FailureOutcome {
  const reason = FLARE_REASON.exec(text)?.[1]
  if (reason === 'undetermined') return 'unknown'
  if (reason !== undefined) return FLARE_NOTHING_DONE.has(reason) ? 'not-done' : 'refused'
  if (NOTHING_DONE.has(text)) return 'not-done'
  return OPEN.has(code) ? 'unknown' : 'refused'
}
