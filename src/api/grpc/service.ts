/**
 * What a service is to the gRPC layer: a generated definition and a handler for each method it offers. A
 * method without a handler answers UNIMPLEMENTED by its name.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { Fields } from '../door.ts'
import { MessageWriter } from './message-writer.ts'
import { Code, Status } from './status.ts'

/** The codec that the generator makes of a message; its own writer is never used here. */
export interface MessageType<T> {
  encode(message: T, writer?: never): unknown
  decode(bytes: Uint8Array): T
}

export interface MethodDefinition {
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: a table of methods holds messages of every type
  readonly requestType: MessageType<any>
  readonly requestStream: boolean
  // biome-ignore lint/suspicious/noExplicitAny: a table of methods holds messages of every type
  readonly responseType: MessageType<any>
  readonly responseStream: boolean
}

export interface ServiceDefinition {
  readonly fullName: string
  readonly methods: Readonly<Record<string, MethodDefinition>>
}

/** What a handler may know of its call. */
export interface Call {
  /** Metadata and the protocol's own fields, lower case. */
  readonly fields: Fields
  /** Size of the request's message, as it came. */
  readonly requestBytes: number
}

/** Never rejects for what a client did; a rejection is a bug and becomes UNKNOWN with its text. */
export type UnaryHandler<Request, Response> = (
  request: Request,
  call: Call,
) => Promise<Response | Status>

export interface StreamingCall<Response> {
  readonly fields: Fields
  /** False: the client is slow; send no more until `drained`. */
  send(message: Response): boolean
  /** While held, no message comes; what the client sends fills its window and then waits there. */
  hold(on: boolean): void
  /** Ends the call, with OK unless a status says otherwise. Later calls do nothing. */
  finish(status?: Status): void
}

/** Who listens to a streaming call. `gone` comes last, if the call ended without `finish`. */
export interface StreamingListener<Request> {
  message(request: Request): void
  /** The client sends no more. */
  halfClosed(): void
  drained(): void
  gone(): void
}

export type StreamingHandler<Request, Response> = (
  call: StreamingCall<Response>,
) => StreamingListener<Request>

type RequestOf<M extends MethodDefinition> = ReturnType<M['requestType']['decode']>
type ResponseOf<M extends MethodDefinition> = ReturnType<M['responseType']['decode']>
type HandlerOf<M extends MethodDefinition> = M extends {
  readonly requestStream: false
  readonly responseStream: false
}
  ? UnaryHandler<RequestOf<M>, ResponseOf<M>>
  : StreamingHandler<RequestOf<M>, ResponseOf<M>>

export type HandlersOf<D extends ServiceDefinition> = {
  readonly [Name in keyof D['methods']]?: HandlerOf<D['methods'][Name]>
}

/** A method ready to be called, its metric names spelled out once. */
export interface Method {
  readonly service: string
  readonly name: string
  readonly labels: string
  decode(bytes: Bytes): unknown
  /** The message in a gRPC frame. */
  encode(message: unknown): Bytes
  readonly run:
    | { readonly type: 'unary'; readonly handler: UnaryHandler<unknown, unknown> }
    | { readonly type: 'streaming'; readonly handler: StreamingHandler<unknown, unknown> }
    | { readonly type: 'absent'; readonly status: Status }
}

export function service<D extends ServiceDefinition>(
  definition: D,
  handlers: HandlersOf<D>,
): readonly Method[] {
  return Object.entries(definition.methods).map(([key, method]) => ({
    service: definition.fullName,
    name: method.name,
    labels: labelsOf(definition, method),
    decode: (bytes) => method.requestType.decode(bytes),
    encode: encoderOf(method),
    run: runOf(method, handlers[key as keyof D['methods']]),
  }))
}

/** One message at a time is encoded on a thread, so one writer serves all. */
const writer = new MessageWriter()

type Encode = (message: unknown, into: MessageWriter) => unknown

function encoderOf({ responseType }: MethodDefinition): (message: unknown) => Bytes {
  const encode = responseType.encode as unknown as Encode
  return (message) => {
    encode(message, writer.start())
    return writer.frame()
  }
}

function runOf(method: MethodDefinition, handler: unknown): Method['run'] {
  if (handler === undefined) {
    const text = `method ${method.name} not implemented`
    return { type: 'absent', status: new Status(Code.UNIMPLEMENTED, text) }
  }
  return method.requestStream || method.responseStream
    ? { type: 'streaming', handler: handler as StreamingHandler<unknown, unknown> }
    : { type: 'unary', handler: handler as UnaryHandler<unknown, unknown> }
}

function labelsOf(definition: ServiceDefinition, method: MethodDefinition): string {
  return (
    `grpc_service="${definition.fullName}",grpc_method="${method.name}",` +
    `grpc_type="${typeOf(method)}"`
  )
}

function typeOf({ requestStream, responseStream }: MethodDefinition): string {
  if (requestStream && responseStream) return 'bidi_stream'
  if (requestStream) return 'client_stream'
  return responseStream ? 'server_stream' : 'unary'
}
