/**
 * gRPC's code and text for everything that FlareDB refuses or cannot do. A text is `flaredb: REASON: sentence`:
 * the reason is a word for programs, the sentence says what, where and how to mend.
 */

import type { Problem, ProblemReason } from '../../actors/flare/flare.ts'
import { Code, type CodeNumber, Status } from '../grpc/status.ts'

const CODES: Readonly<Record<ProblemReason, CodeNumber>> = {
  unavailable: Code.UNAVAILABLE,
  undetermined: Code.UNKNOWN,
  overloaded: Code.RESOURCE_EXHAUSTED,
  'no-space': Code.RESOURCE_EXHAUSTED,
  locked: Code.ABORTED,
  'namespace-mode': Code.FAILED_PRECONDITION,
  'too-old': Code.OUT_OF_RANGE,
  'not-found': Code.NOT_FOUND,
  exists: Code.ALREADY_EXISTS,
  invalid: Code.INVALID_ARGUMENT,
  busy: Code.FAILED_PRECONDITION,
}

export const statusOf = ({ reason, text }: Problem): Status =>
  new Status(CODES[reason], `flaredb: ${reason}: ${text}`)

export const invalid = (text: string): Status => statusOf({ reason: 'invalid', text })
