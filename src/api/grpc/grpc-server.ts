/**
 * gRPC over a door: finds the method of each stream and lets a call run it. Refuses what is no gRPC with the
 * texts that grpc-go uses.
 */

import type { DoorStream, Fields, StreamReceiver } from '../door.ts'
import { type CallContext, countHandled, countStarted } from './call-context.ts'
import type { Method } from './service.ts'
import { Code, Status } from './status.ts'
import { RunningStream } from './streaming-call.ts'
import { parseTimeout } from './timeout.ts'
import { UnaryCall } from './unary-call.ts'

const ENCODINGS = new Set([undefined, 'identity', 'gzip'])
const NOBODY: StreamReceiver = { data() {}, end() {}, drained() {}, gone() {} }
const NOT_POST: Fields = { ':status': '405', 'content-type': 'text/plain' }
const NOT_GRPC: Fields = { ':status': '415', 'content-type': 'text/plain' }

export class GrpcServer {
  readonly #context: CallContext
  readonly #methods = new Map<string, Method>()
  readonly #services = new Set<string>()

  constructor(context: CallContext, services: readonly (readonly Method[])[]) {
    this.#context = context
    for (const method of services.flat()) {
      this.#methods.set(`/${method.service}/${method.name}`, method)
      this.#services.add(method.service)
    }
  }

  open(stream: DoorStream): StreamReceiver {
    const { fields } = stream
    const method = this.#methods.get(fields[':path'] as string)
    const refusal = refusalOf(fields)
    if (refusal) return answered(stream, refusal)
    if (!method) return answered(stream, this.#unknown(fields[':path'] ?? '').headersAlone())
    countStarted(this.#context, method)
    const status =
      troubleOf(fields) ?? (method.run.type === 'absent' ? method.run.status : undefined)
    if (status) {
      countHandled(this.#context, method, status.code)
      return answered(stream, status.headersAlone())
    }
    return this.#call(method, stream)
  }

  /** Ends streaming calls as unavailable; single answers under way still go out. */
  stop(): void {
    for (const call of [...this.#context.running]) call.stop()
  }

  #call(method: Method, stream: DoorStream): StreamReceiver {
    const timeout = stream.fields['grpc-timeout']
    const timeoutMs = timeout === undefined ? undefined : parseTimeout(timeout)
    if (method.run.type === 'unary') {
      return new UnaryCall(this.#context, method, method.run.handler, stream, timeoutMs)
    }
    const call = new RunningStream(this.#context, method, stream, timeoutMs)
    if (method.run.type === 'streaming') call.begin(method.run.handler)
    return call
  }

  #unknown(path: string): Status {
    const cut = path.lastIndexOf('/')
    if (!path.startsWith('/') || cut <= 0) {
      return new Status(Code.UNIMPLEMENTED, `malformed method name: ${JSON.stringify(path)}`)
    }
    const service = path.slice(1, cut)
    const name = path.slice(cut + 1)
    return this.#services.has(service)
      ? new Status(Code.UNIMPLEMENTED, `unknown method ${name} for service ${service}`)
      : new Status(Code.UNIMPLEMENTED, `unknown service ${service}`)
  }
}

function answered(stream: DoorStream, headersAlone: Fields): StreamReceiver {
  stream.sendOnly(headersAlone)
  return NOBODY
}

/** Not gRPC at all. */
function refusalOf(fields: Fields): Fields | undefined {
  if (fields[':method'] !== 'POST') return NOT_POST
  const type = fields['content-type']
  if (type === 'application/grpc') return undefined
  return type !== undefined && /^application\/grpc[+;]/.test(type) ? undefined : NOT_GRPC
}

/** gRPC, but a call that cannot begin. */
function troubleOf(fields: Fields): Status | undefined {
  const encoding = fields['grpc-encoding']
  if (!ENCODINGS.has(encoding)) {
    return new Status(
      Code.UNIMPLEMENTED,
      `grpc: Decompressor is not installed for grpc-encoding ${JSON.stringify(encoding)}`,
    )
  }
  const timeout = fields['grpc-timeout']
  if (timeout !== undefined && parseTimeout(timeout) === undefined) {
    return new Status(Code.INTERNAL, `malformed grpc-timeout: ${timeout}`)
  }
  return undefined
}
