/**
 * A call of many messages in either direction. Headers go out with the first message or, when the guard
 * let the call in, at once, so that a client waiting for them knows that it was heard.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { DoorStream, Fields, Gone, StreamReceiver } from '../door.ts'
import {
  type CallContext,
  CLOSING,
  countHandled,
  EXPIRED,
  type Expiring,
  statusOfBug,
  statusOfMalformed,
} from './call-context.ts'
import { MessageDeframer } from './message-frames.ts'
import type { Method, StreamingCall, StreamingHandler, StreamingListener } from './service.ts'
import { Code, type CodeNumber, HEADERS, OK_TRAILERS, Status } from './status.ts'

const CUT_OFF = new Status(Code.INTERNAL, 'unexpected EOF')

export class RunningStream implements StreamReceiver, StreamingCall<unknown>, Expiring {
  readonly fields: Fields
  readonly #context: CallContext
  readonly #method: Method
  readonly #stream: DoorStream
  readonly #deframer: MessageDeframer
  #listener: StreamingListener<unknown> | undefined
  #deadline: number | undefined
  #halfClosed = false
  #headersSent = false
  #slowReader = false
  #heldByHandler = false
  #done = false

  constructor(
    context: CallContext,
    method: Method,
    stream: DoorStream,
    timeoutMs: number | undefined,
  ) {
    this.fields = stream.fields
    this.#context = context
    this.#method = method
    this.#stream = stream
    this.#deframer = new MessageDeframer(context.maxMessageBytes, this.fields['grpc-encoding'])
    if (timeoutMs !== undefined) this.#deadline = context.deadlines.set(this, timeoutMs)
  }

  /** The server goes away. */
  stop(): void {
    this.#cut(CLOSING)
  }

  /** Asks the guard, then lets the handler listen. Until then, the request waits. */
  begin(handler: StreamingHandler<unknown, unknown>): void {
    this.#context.running.add(this)
    const verdict = this.#context.guard(this.fields, this.#method)
    if (verdict === undefined) this.#enter(handler)
    else if (verdict instanceof Status) this.finish(verdict)
    else {
      verdict.then(
        (status) => (status ? this.finish(status) : this.#enter(handler)),
        (error: unknown) => this.finish(statusOfBug(this.#context, this.#method, error)),
      )
    }
  }

  data(chunk: Bytes): void {
    if (this.#done) return
    this.#deframer.add(chunk)
    this.#takeMessages()
  }

  /** The client sends no more. */
  end(): void {
    if (this.#done) return
    this.#halfClosed = true
    if (!this.#listener) return
    if (this.#deframer.partial) this.finish(CUT_OFF)
    else this.#tell((listener) => listener.halfClosed())
  }

  drained(): void {
    this.#slowReader = false
    this.#holdOrNot()
    if (!this.#done) this.#tell((listener) => listener.drained())
  }

  gone(why: Gone): void {
    this.#leave(why === 'reset-by-peer' ? Code.CANCELLED : Code.UNAVAILABLE)
  }

  expired(): void {
    this.#deadline = undefined
    this.#cut(EXPIRED)
  }

  send(message: unknown): boolean {
    if (this.#done) return true
    if (!this.#headersSent) this.#sendHeaders()
    this.#context.meter.count(`grpc_server_msg_sent_total{${this.#method.labels}}`)
    const room = this.#stream.sendData(this.#method.encode(message))
    // Who does not read its answers may not ask for more.
    if (!room) {
      this.#slowReader = true
      this.#holdOrNot()
    }
    return room
  }

  hold(on: boolean): void {
    this.#heldByHandler = on
    this.#holdOrNot()
    if (!on) this.#takeMessages()
  }

  #holdOrNot(): void {
    if (this.#slowReader || this.#heldByHandler) this.#stream.pause()
    else this.#stream.resume()
  }

  finish(status?: Status): void {
    if (this.#done) return
    this.#settle(status?.code ?? Code.OK)
    if (status && !this.#headersSent) this.#stream.sendOnly(status.headersAlone())
    else {
      if (!this.#headersSent) this.#sendHeaders()
      this.#stream.sendTrailers(status?.trailers() ?? OK_TRAILERS)
    }
  }

  #enter(handler: StreamingHandler<unknown, unknown>): void {
    if (this.#done) return
    this.#sendHeaders()
    this.#listener = handler(this)
    this.#takeMessages()
    if (this.#halfClosed) this.end()
  }

  #sendHeaders(): void {
    this.#headersSent = true
    this.#stream.sendHeaders(HEADERS)
  }

  #takeMessages(): void {
    while (this.#listener && !this.#done && !this.#heldByHandler) {
      const next = this.#deframer.next()
      if (next === undefined) return
      if (next instanceof Status) this.#cut(next)
      else this.#takeMessage(next)
    }
  }

  #takeMessage(bytes: Bytes): void {
    let request: unknown
    try {
      request = this.#method.decode(bytes)
    } catch (error) {
      this.#cut(statusOfMalformed(error))
      return
    }
    this.#context.meter.count(`grpc_server_msg_received_total{${this.#method.labels}}`)
    this.#tell((listener) => listener.message(request))
  }

  #tell(what: (listener: StreamingListener<unknown>) => void): void {
    if (!this.#listener) return
    try {
      what(this.#listener)
    } catch (error) {
      this.#cut(statusOfBug(this.#context, this.#method, error))
    }
  }

  /** Ends the call against its handler's will. */
  #cut(status: Status): void {
    if (this.#done) return
    const listener = this.#listener
    this.finish(status)
    this.#listener = undefined
    listener?.gone()
  }

  #leave(code: CodeNumber): void {
    if (this.#done) return
    this.#settle(code)
    const listener = this.#listener
    this.#listener = undefined
    listener?.gone()
  }

  #settle(code: CodeNumber): void {
    this.#done = true
    this.#context.running.delete(this)
    if (this.#deadline !== undefined) this.#context.deadlines.cancel(this, this.#deadline)
    countHandled(this.#context, this.#method, code)
  }
}
