/**
 * One request, one answer: the hot path. A request that came in one chunk is decoded where it lies, and the
 * answer leaves in one piece.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { DoorStream, Fields, Gone, StreamReceiver } from '../door.ts'
import {
  type CallContext,
  countHandled,
  EXPIRED,
  type Expiring,
  statusOfBug,
  statusOfMalformed,
} from './call-context.ts'
import { MessageDeframer, PREFIX_BYTES } from './message-frames.ts'
import type { Call, Method, UnaryHandler } from './service.ts'
import { Code, type CodeNumber, HEADERS, OK_TRAILERS, Status } from './status.ts'

const NO_MESSAGE = new Status(
  Code.INTERNAL,
  'cardinality violation: received no request message from non-server-streaming RPC',
)
const TWO_MESSAGES = new Status(
  Code.INTERNAL,
  'cardinality violation: received multiple request messages for non-client-streaming RPC',
)
const CUT_OFF = new Status(Code.INTERNAL, 'unexpected EOF')

export class UnaryCall implements StreamReceiver, Call, Expiring {
  readonly fields: Fields
  requestBytes = 0
  readonly #context: CallContext
  readonly #method: Method
  readonly #handler: UnaryHandler<unknown, unknown>
  readonly #stream: DoorStream
  #message: Bytes | undefined
  #deframer: MessageDeframer | undefined
  #deadline: number | undefined
  #done = false

  constructor(
    context: CallContext,
    method: Method,
    handler: UnaryHandler<unknown, unknown>,
    stream: DoorStream,
    timeoutMs: number | undefined,
  ) {
    this.fields = stream.fields
    this.#context = context
    this.#method = method
    this.#handler = handler
    this.#stream = stream
    if (timeoutMs !== undefined) this.#deadline = context.deadlines.set(this, timeoutMs)
  }

  data(chunk: Bytes): void {
    if (this.#done) return
    if (!this.#deframer && this.#message === undefined && isWhole(chunk, this.#context)) {
      this.#message = chunk.subarray(PREFIX_BYTES)
      return
    }
    this.#deframer ??= new MessageDeframer(
      this.#context.maxMessageBytes,
      this.fields['grpc-encoding'],
    )
    this.#deframer.add(chunk)
    this.#takeMessages(this.#deframer)
  }

  end(): void {
    if (this.#done) return
    if (this.#deframer?.partial) this.#fail(CUT_OFF)
    else if (this.#message === undefined) this.#fail(NO_MESSAGE)
    else this.#pass(this.#message)
  }

  drained(): void {}

  gone(why: Gone): void {
    this.#finish(why === 'reset-by-peer' ? Code.CANCELLED : Code.UNAVAILABLE)
  }

  expired(): void {
    this.#deadline = undefined
    this.#fail(EXPIRED)
  }

  #takeMessages(deframer: MessageDeframer): void {
    while (!this.#done) {
      const next = deframer.next()
      if (next === undefined) return
      if (next instanceof Status) this.#fail(next)
      else if (this.#message !== undefined) this.#fail(TWO_MESSAGES)
      else this.#message = next
    }
  }

  #pass(message: Bytes): void {
    const verdict = this.#context.guard(this.fields, this.#method)
    if (verdict === undefined) this.#run(message)
    else if (verdict instanceof Status) this.#fail(verdict)
    else {
      verdict.then(
        (status) => (status ? this.#fail(status) : this.#run(message)),
        (error: unknown) => this.#fail(statusOfBug(this.#context, this.#method, error)),
      )
    }
  }

  #run(message: Bytes): void {
    if (this.#done) return
    let request: unknown
    try {
      request = this.#method.decode(message)
    } catch (error) {
      this.#fail(statusOfMalformed(error))
      return
    }
    this.requestBytes = message.length
    this.#handler(request, this).then(
      (result) => this.#answer(result),
      (error: unknown) => this.#fail(statusOfBug(this.#context, this.#method, error)),
    )
  }

  #answer(result: unknown): void {
    if (this.#done) return
    if (result instanceof Status) {
      this.#fail(result)
      return
    }
    let frame: Bytes
    try {
      frame = this.#method.encode(result)
    } catch (error) {
      this.#fail(statusOfBug(this.#context, this.#method, error))
      return
    }
    this.#finish(Code.OK)
    this.#stream.sendAll(HEADERS, frame, OK_TRAILERS)
  }

  #fail(status: Status): void {
    if (this.#done) return
    this.#finish(status.code)
    this.#stream.sendOnly(status.headersAlone())
  }

  #finish(code: CodeNumber): void {
    if (this.#done) return
    this.#done = true
    if (this.#deadline !== undefined) this.#context.deadlines.cancel(this, this.#deadline)
    countHandled(this.#context, this.#method, code)
  }
}

/** One whole uncompressed message and nothing else. */
function isWhole(chunk: Bytes, { maxMessageBytes }: CallContext): boolean {
  if (chunk.length < PREFIX_BYTES || chunk[0] !== 0) return false
  const length = (chunk as Buffer).readUInt32BE(1)
  return length === chunk.length - PREFIX_BYTES && length <= maxMessageBytes
}
