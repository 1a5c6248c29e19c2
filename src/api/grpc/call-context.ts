/** What every call of a server shares, and the counting that each of them does. */

import type { Log } from '../../base/ports/log.ts'
import type { Meter } from '../../base/ports/meter.ts'
import type { Fields } from '../door.ts'
import type { Method } from './service.ts'
import { Code, type CodeNumber, Status } from './status.ts'
import type { Deadlines } from './timeout.ts'

export interface Expiring {
  expired(): void
}

export interface Stoppable {
  stop(): void
}

/** Looks at a call before its handler does; a status ends it there. */
export type Guard = (
  fields: Fields,
  method: Method,
) => Status | undefined | Promise<Status | undefined>

export interface CallContext {
  /** The largest message a client may send. */
  readonly maxMessageBytes: number
  readonly guard: Guard
  readonly deadlines: Deadlines<Expiring>
  /** Streaming calls under way, to be ended when the server stops. */
  readonly running: Set<Stoppable>
  readonly meter: Meter
  readonly log: Log
}

export const EXPIRED = new Status(Code.DEADLINE_EXCEEDED, 'context deadline exceeded')
export const CLOSING = new Status(Code.UNAVAILABLE, 'etcdserver: server stopped')

const CODE_NAMES: Readonly<Record<CodeNumber, string>> = {
  0: 'OK',
  1: 'Canceled',
  2: 'Unknown',
  3: 'InvalidArgument',
  4: 'DeadlineExceeded',
  5: 'NotFound',
  6: 'AlreadyExists',
  7: 'PermissionDenied',
  8: 'ResourceExhausted',
  9: 'FailedPrecondition',
  10: 'Aborted',
  11: 'OutOfRange',
  12: 'Unimplemented',
  13: 'Internal',
  14: 'Unavailable',
  15: 'DataLoss',
  16: 'Unauthenticated',
}

const handledNames = new Map<string, string[]>()

export function countStarted(context: CallContext, method: Method): void {
  context.meter.count(`grpc_server_started_total{${method.labels}}`)
}

export function countHandled(context: CallContext, method: Method, code: CodeNumber): void {
  let names = handledNames.get(method.labels)
  if (!names) {
    names = []
    handledNames.set(method.labels, names)
  }
  let name = names[code]
  if (name === undefined) {
    name = `grpc_server_handled_total{${method.labels},grpc_code="${CODE_NAMES[code]}"}`
    names[code] = name
  }
  context.meter.count(name)
}

/** A handler threw or rejected: a bug, told to the client by its text as etcd does. */
export function statusOfBug(context: CallContext, method: Method, error: unknown): Status {
  context.log.error({ error, method: method.name }, 'a call ended by a bug')
  return new Status(Code.UNKNOWN, error instanceof Error ? error.message : String(error))
}

/** The request could not be decoded. */
export function statusOfMalformed(error: unknown): Status {
  const text = error instanceof Error ? error.message : String(error)
  return new Status(Code.INTERNAL, `grpc: error unmarshalling request: ${text}`)
}
