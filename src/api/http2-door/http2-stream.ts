/** One stream of the node:http2 door: the port's calls and events over a ServerHttp2Stream. */

import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Bytes } from '../../base/bytes.ts'
import type { DoorStream, Fields, Gone, ResetCode, StreamReceiver } from '../door.ts'
import type { PingGuard } from '../ping-guard.ts'

const CODES: Readonly<Record<ResetCode, number>> = {
  'no-error': constants.NGHTTP2_NO_ERROR,
  cancel: constants.NGHTTP2_CANCEL,
  internal: constants.NGHTTP2_INTERNAL_ERROR,
  refused: constants.NGHTTP2_REFUSED_STREAM,
}
const WITH_TRAILERS = { waitForTrailers: true } as const
const HEADERS_ALONE = { endStream: true } as const

export class Http2DoorStream implements DoorStream {
  readonly fields: Fields
  readonly #stream: ServerHttp2Stream
  readonly #session: ServerHttp2Stream['session']
  readonly #pings: PingGuard
  #trailers: Fields | undefined
  /** The answer is complete, or nobody is there to hear it. */
  #over = false
  #requestEnded = false

  constructor(stream: ServerHttp2Stream, fields: Fields, pings: PingGuard) {
    this.fields = fields
    this.#stream = stream
    this.#session = stream.session
    this.#pings = pings
  }

  /** Connects the stream's events to who listens. */
  listen(receiver: StreamReceiver): void {
    const stream = this.#stream
    stream.on('data', (chunk: Buffer) => receiver.data(chunk))
    stream.on('end', () => {
      this.#requestEnded = true
      // Node also ends what a reset has cut off.
      if (!stream.closed && !stream.destroyed) receiver.end()
    })
    stream.on('drain', () => receiver.drained())
    stream.on('wantTrailers', () => this.#sendWaiting())
    stream.on('error', () => {})
    stream.on('close', () => {
      if (this.#over) return
      this.#over = true
      receiver.gone(this.#whyGone())
    })
  }

  sendHeaders(fields: Fields): void {
    if (!this.#open()) return
    this.#stream.respond(fields, WITH_TRAILERS)
  }

  sendData(bytes: Bytes): boolean {
    if (!this.#open()) return true
    return this.#stream.write(bytes)
  }

  sendTrailers(trailers: Fields): void {
    if (!this.#open()) return
    this.#trailers = trailers
    this.#over = true
    this.#stream.end()
  }

  sendAll(headers: Fields, bytes: Bytes, trailers: Fields): void {
    if (!this.#open()) return
    this.#trailers = trailers
    this.#over = true
    this.#stream.respond(headers, WITH_TRAILERS)
    this.#stream.end(bytes)
  }

  sendOnly(headers: Fields): void {
    if (!this.#open()) return
    this.#over = true
    this.#stream.respond(headers, HEADERS_ALONE)
    this.#leave()
  }

  reset(code: ResetCode): void {
    if (this.#stream.destroyed) return
    this.#over = true
    this.#stream.close(CODES[code])
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  #open(): boolean {
    if (this.#over || this.#stream.destroyed || this.#stream.closed) return false
    this.#pings.sent = true
    return true
  }

  #sendWaiting(): void {
    if (!this.#trailers || this.#stream.destroyed) {
      this.#stream.close(constants.NGHTTP2_CANCEL)
      return
    }
    this.#stream.sendTrailers(this.#trailers)
    this.#leave()
  }

  /** The answer is out; a peer that still sends is told that nobody reads. */
  #leave(): void {
    if (this.#requestEnded) return
    const stream = this.#stream
    stream.resume()
    // A reset overtakes what was said in the same turn of the event loop.
    setImmediate(() => {
      if (!this.#requestEnded && !stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR)
    })
  }

  #whyGone(): Gone {
    const session = this.#session
    if (!session || session.destroyed) return 'connection-lost'
    return session.closed ? 'closing' : 'reset-by-peer'
  }
}
