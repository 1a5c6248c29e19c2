/**
 * One stream of the frame door: what its peer may still be sent, what waits for that, and what has come
 * while nobody wanted to hear it.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { DoorStream, Fields, Gone, ResetCode, StreamReceiver } from '../door.ts'
import { ConnectionError, ErrorCode, WINDOW_MAX } from './frames.ts'
import { headerBlock } from './header-writer.ts'

/** What a peer may send on a stream before it must hear that it was taken. */
export const STREAM_WINDOW = 1 << 20

const CODES: Readonly<Record<ResetCode, number>> = {
  'no-error': ErrorCode.none,
  cancel: ErrorCode.cancel,
  internal: ErrorCode.internal,
  refused: ErrorCode.refused,
}

/** The connection, as its streams see it. */
export interface Carrier {
  /** False while the socket itself is full. */
  readonly writable: boolean
  headers(stream: number, block: Bytes, end: boolean): void
  /** Sends as much as the connection's window allows, from `from` on; tells how much. */
  data(stream: number, bytes: Bytes, from: number, room: number): number
  answer(stream: number, headers: Bytes, bytes: Bytes, trailers: Bytes): boolean
  credit(stream: number, bytes: number): void
  /** This end is through with the stream. */
  ended(stream: FrameStream): void
  reset(stream: FrameStream, code: number): void
  sent(): void
}

export class FrameStream implements DoorStream {
  readonly id: number
  readonly fields: Fields
  receiver: StreamReceiver | undefined
  /** The peer has sent all it will. */
  requestEnded = false
  readonly #carrier: Carrier
  #window: number
  #waiting: Bytes[] = []
  #sentOfFirst = 0
  #trailers: Bytes | undefined
  #wantsDrain = false
  /** The answer is given, or nobody is there to hear it. */
  #over = false
  #paused = false
  #endHeard = false
  #unheard: Bytes[] = []
  #uncredited = 0
  #received = 0

  constructor(id: number, fields: Fields, carrier: Carrier, window: number) {
    this.id = id
    this.fields = fields
    this.#carrier = carrier
    this.#window = window
  }

  sendHeaders(fields: Fields): void {
    if (this.#over) return
    this.#carrier.sent()
    this.#carrier.headers(this.id, headerBlock(fields), false)
  }

  sendData(bytes: Bytes): boolean {
    if (this.#over) return true
    this.#carrier.sent()
    if (bytes.length > 0) this.#waiting.push(bytes)
    this.#push()
    this.#wantsDrain = this.#waiting.length > 0 || !this.#carrier.writable
    return !this.#wantsDrain
  }

  sendTrailers(trailers: Fields): void {
    if (this.#over) return
    this.#over = true
    this.#trailers = headerBlock(trailers)
    this.#push()
  }

  sendAll(headers: Fields, bytes: Bytes, trailers: Fields): void {
    if (this.#over) return
    const [head, tail] = [headerBlock(headers), headerBlock(trailers)]
    if (bytes.length <= this.#window && this.#carrier.answer(this.id, head, bytes, tail)) {
      this.#over = true
      this.#carrier.sent()
      this.#carrier.ended(this)
      return
    }
    this.sendHeaders(headers)
    this.sendData(bytes)
    this.sendTrailers(trailers)
  }

  sendOnly(headers: Fields): void {
    if (this.#over) return
    this.#over = true
    this.#carrier.sent()
    this.#carrier.headers(this.id, headerBlock(headers), true)
    this.#carrier.ended(this)
  }

  reset(code: ResetCode): void {
    this.#over = true
    this.#carrier.reset(this, CODES[code])
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    while (!this.#paused && this.#unheard.length > 0) this.#hear(this.#unheard.shift() as Bytes)
    this.#hearEnd()
  }

  /** Some of the request's body; `weight` is what it took of the window, padding included. */
  arrived(bytes: Bytes, weight: number): void {
    this.#received += weight
    if (this.#received > STREAM_WINDOW) {
      throw new ConnectionError(ErrorCode.flowControl, 'a stream beyond its window')
    }
    if (weight > bytes.length) this.#credit(weight - bytes.length)
    if (bytes.length === 0) return
    if (this.#paused) this.#unheard.push(bytes)
    else this.#hear(bytes)
  }

  finished(): void {
    this.requestEnded = true
    this.#hearEnd()
  }

  /** False when the window would grow beyond what HTTP/2 allows. */
  widen(by: number): boolean {
    this.#window += by
    return this.#window <= WINDOW_MAX
  }

  /** There may be room again. */
  flush(): void {
    this.#push()
    if (!this.#wantsDrain || this.#waiting.length > 0 || !this.#carrier.writable) return
    this.#wantsDrain = false
    if (!this.#over) this.receiver?.drained()
  }

  gone(why: Gone): void {
    const answered = this.#over
    this.#over = true
    this.#trailers = undefined
    this.#waiting = []
    if (!answered) this.receiver?.gone(why)
  }

  #push(): void {
    while (this.#waiting.length > 0) {
      const first = this.#waiting[0] as Bytes
      const sent = this.#carrier.data(this.id, first, this.#sentOfFirst, this.#window)
      this.#window -= sent
      this.#sentOfFirst += sent
      if (sent === 0) return
      if (this.#sentOfFirst < first.length) continue
      this.#waiting.shift()
      this.#sentOfFirst = 0
    }
    if (this.#trailers === undefined) return
    this.#carrier.headers(this.id, this.#trailers, true)
    this.#trailers = undefined
    this.#carrier.ended(this)
  }

  #hear(bytes: Bytes): void {
    if (!this.#over) this.receiver?.data(bytes)
    this.#credit(bytes.length)
  }

  #hearEnd(): void {
    if (!this.requestEnded || this.#endHeard || this.#unheard.length > 0 || this.#over) return
    this.#endHeard = true
    this.receiver?.end()
  }

  /** In large pieces: an update for each frame would cost more than the frame. */
  #credit(bytes: number): void {
    this.#uncredited += bytes
    if (this.requestEnded || this.#uncredited * 2 < STREAM_WINDOW) return
    this.#carrier.credit(this.id, this.#uncredited)
    this.#received -= this.#uncredited
    this.#uncredited = 0
  }
}
