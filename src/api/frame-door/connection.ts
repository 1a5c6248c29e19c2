/**
 * One HTTP/2 connection: frames in, streams of them, frames out. Whatever the peer does against the
 * protocol ends this connection with the code that RFC 9113 names, and nothing else.
 */

import type { Socket } from 'node:net'
import type { Bytes } from '../../base/bytes.ts'
import type { DoorOptions, Gone, OpenStream } from '../door.ts'
import { PingGuard } from '../ping-guard.ts'
import { type Frame, FrameReader } from './frame-reader.ts'
import { type Carrier, FrameStream, STREAM_WINDOW } from './frame-stream.ts'
import {
  ConnectionError,
  ErrorCode,
  Flag,
  FRAME_MAX,
  FrameType,
  frame,
  goawayFrame,
  HEAD_BYTES,
  putHead,
  resetFrame,
  Setting,
  settingsFrame,
  WINDOW_MAX,
  windowFrame,
} from './frames.ts'
import { HeaderReader } from './header-reader.ts'
import { Outbox } from './outbox.ts'
import { ResetGuard } from './reset-guard.ts'

const FIRST_WINDOW = 65_535
const CONNECTION_WINDOW = 4 << 20
/** Sent at once of one byte string, so that a long one does not fill the socket's queue. */
const CHUNK_MAX = 256 * 1024
const NOTHING = Buffer.alloc(0)

export class Connection implements Carrier {
  readonly #socket: Socket
  readonly #options: DoorOptions
  readonly #open: OpenStream
  readonly #whenOver: () => void
  readonly #out: Outbox
  readonly #reader: FrameReader
  readonly #fields = new HeaderReader()
  readonly #streams = new Map<number, FrameStream>()
  readonly #pings: PingGuard
  readonly #resets = new ResetGuard()
  readonly #pinger: NodeJS.Timeout
  #late: NodeJS.Timeout | undefined
  #lastStream = 0
  #sendWindow = FIRST_WINDOW
  #streamWindow = FIRST_WINDOW
  #uncredited = 0
  #closing = false
  #over = false

  /** Takes the socket over, with whatever was read from it put back. */
  constructor(socket: Socket, options: DoorOptions, open: OpenStream, whenOver: () => void) {
    this.#whenOver = whenOver
    this.#socket = socket
    this.#options = options
    this.#open = open
    this.#out = new Outbox(socket, () => this.#flushAll())
    this.#pings = new PingGuard(options.minPingMs)
    this.#reader = new FrameReader((frame) => this.#take(frame))
    this.#pinger = setInterval(() => this.#ping(), options.pingMs).unref()
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('end', () => socket.end())
    socket.on('error', () => {})
    socket.on('close', () => this.#lost())
    socket.resume()
    this.#greet()
  }

  get writable(): boolean {
    return this.#out.writable
  }

  /** Takes no new streams; ends when those under way have. */
  close(): void {
    this.#closing = true
    this.#out.put(goawayFrame(this.#lastStream, ErrorCode.none))
    this.#endIfIdle()
  }

  /** At once: it counts no more when this returns. */
  cut(): void {
    this.#socket.destroy()
    this.#lost()
  }

  headers(stream: number, block: Bytes, end: boolean): void {
    let flags: number = end ? Flag.endStream : 0
    let type: number = FrameType.headers
    let from = 0
    do {
      const part = block.subarray(from, from + FRAME_MAX)
      from += part.length
      if (from === block.length) flags |= Flag.endHeaders
      this.#out.put(frame(type, flags, stream, part))
      type = FrameType.continuation
      flags = 0
    } while (from < block.length)
  }

  data(stream: number, bytes: Bytes, from: number, room: number): number {
    if (!this.#out.writable) return 0
    const length = Math.max(0, Math.min(bytes.length - from, room, this.#sendWindow, CHUNK_MAX))
    for (let sent = 0; sent < length; sent += FRAME_MAX) {
      const end = Math.min(sent + FRAME_MAX, length)
      this.#out.put(frame(FrameType.data, 0, stream, bytes.subarray(from + sent, from + end)))
    }
    this.#sendWindow -= length
    // As etcd's server has it: each piece that goes out makes the pings around it welcome.
    if (length > 0) this.sent()
    return length
  }

  /** A whole answer in one piece; false if it does not fit the window or the frames. */
  answer(stream: number, headers: Bytes, bytes: Bytes, trailers: Bytes): boolean {
    const fits = bytes.length <= this.#sendWindow && bytes.length <= FRAME_MAX
    if (!fits || headers.length + trailers.length > FRAME_MAX) return false
    const whole = Buffer.allocUnsafe(
      3 * HEAD_BYTES + headers.length + bytes.length + trailers.length,
    )
    const { endHeaders, endStream } = Flag
    let at = putHead(whole, 0, headers.length, FrameType.headers, endHeaders, stream)
    whole.set(headers, at)
    at = putHead(whole, at + headers.length, bytes.length, FrameType.data, 0, stream)
    whole.set(bytes, at)
    const last = endHeaders | endStream
    at = putHead(whole, at + bytes.length, trailers.length, FrameType.headers, last, stream)
    whole.set(trailers, at)
    this.#sendWindow -= bytes.length
    this.#out.put(whole)
    return true
  }

  credit(stream: number, bytes: number): void {
    this.#out.put(windowFrame(stream, bytes))
  }

  ended(stream: FrameStream): void {
    // A peer still sending is told that nobody reads.
    if (!stream.requestEnded) this.#out.put(resetFrame(stream.id, ErrorCode.none))
    this.#forget(stream)
  }

  reset(stream: FrameStream, code: number): void {
    if (!this.#streams.has(stream.id)) return
    this.#out.put(resetFrame(stream.id, code))
    this.#forget(stream)
  }

  sent(): void {
    this.#pings.sent = true
  }

  #greet(): void {
    this.#out.put(
      settingsFrame([
        [Setting.maxStreams, this.#options.maxConcurrentStreams],
        [Setting.initialWindow, STREAM_WINDOW],
      ]),
    )
    this.#out.put(windowFrame(0, CONNECTION_WINDOW - FIRST_WINDOW))
  }

  #read(chunk: Buffer): void {
    try {
      this.#reader.read(chunk)
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      this.#fail(error.code, error.message)
    }
  }

  #take(frame: Frame): void {
    switch (frame.type) {
      case FrameType.data:
        this.#data(frame)
        return
      case FrameType.headers:
        this.#headers(frame)
        return
      case FrameType.reset:
        this.#reset(frame)
        return
      case FrameType.settings:
        if ((frame.flags & Flag.ack) === 0) this.#settings(frame.payload)
        return
      case FrameType.ping:
        this.#pinged(frame)
        return
      case FrameType.window:
        this.#widen(frame)
        return
      default:
    }
  }

  #data({ stream: id, flags, payload, length }: Frame): void {
    this.#uncredited += length
    if (this.#uncredited > CONNECTION_WINDOW) {
      throw new ConnectionError(ErrorCode.flowControl, 'beyond the window')
    }
    if (this.#uncredited * 2 >= CONNECTION_WINDOW) {
      this.#out.put(windowFrame(0, this.#uncredited))
      this.#uncredited = 0
    }
    this.#mustHaveBegun(id)
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    if (stream.requestEnded) {
      this.#broken(stream, ErrorCode.streamClosed)
      return
    }
    stream.arrived(payload, length)
    if (flags & Flag.endStream) stream.finished()
  }

  #headers({ stream: id, flags, payload }: Frame): void {
    const fields = this.#fields.read(payload)
    const known = this.#streams.get(id)
    if (known !== undefined) {
      if (known.requestEnded || (flags & Flag.endStream) === 0) {
        this.#broken(known, ErrorCode.protocol)
      } else known.finished()
      return
    }
    if (id % 2 === 0) throw new ConnectionError(ErrorCode.protocol, 'a stream of the wrong side')
    if (id <= this.#lastStream) return
    this.#lastStream = id
    const crowded = this.#streams.size >= this.#options.maxConcurrentStreams
    if (this.#closing || crowded) this.#out.put(resetFrame(id, ErrorCode.refused))
    else if (fields?.[':method'] === undefined || fields[':path'] === undefined) {
      this.#out.put(resetFrame(id, ErrorCode.protocol))
    } else {
      const stream = new FrameStream(id, fields, this, this.#streamWindow)
      this.#streams.set(id, stream)
      stream.requestEnded = (flags & Flag.endStream) !== 0
      stream.receiver = this.#open(stream)
      if (stream.requestEnded) stream.finished()
    }
  }

  #reset({ stream: id }: Frame): void {
    this.#mustHaveBegun(id)
    if (!this.#resets.allows(performance.now())) {
      throw new ConnectionError(ErrorCode.calmDown, 'too many resets')
    }
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    this.#forget(stream)
    stream.gone('reset-by-peer')
  }

  #settings(payload: Buffer): void {
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2)
      const name = payload.readUInt16BE(at)
      const badPush = name === Setting.enablePush && value > 1
      const badFrame = name === Setting.maxFrame && (value < FRAME_MAX || value > 0xffffff)
      if (badPush || badFrame)
        throw new ConnectionError(ErrorCode.protocol, 'a setting out of range')
      if (name === Setting.initialWindow) this.#setWindow(value)
    }
    this.#out.put(frame(FrameType.settings, Flag.ack, 0, NOTHING))
  }

  #setWindow(value: number): void {
    const change = value - this.#streamWindow
    this.#streamWindow = value
    for (const stream of this.#streams.values()) {
      if (value > WINDOW_MAX || !stream.widen(change)) throw tooWide()
    }
    if (value > WINDOW_MAX) throw tooWide()
    this.#flushAll()
  }

  #widen({ stream: id, payload }: Frame): void {
    const by = payload.readUInt32BE(0) & WINDOW_MAX
    if (id === 0) {
      this.#sendWindow += by
      if (by === 0) throw new ConnectionError(ErrorCode.protocol, 'a window widened by nothing')
      if (this.#sendWindow > WINDOW_MAX) throw tooWide()
      this.#flushAll()
      return
    }
    this.#mustHaveBegun(id)
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    if (by === 0) this.#broken(stream, ErrorCode.protocol)
    else if (stream.widen(by)) stream.flush()
    else this.#broken(stream, ErrorCode.flowControl)
  }

  #pinged({ flags, payload }: Frame): void {
    if (flags & Flag.ack) {
      clearTimeout(this.#late)
      this.#late = undefined
      return
    }
    if (this.#pings.pinged(performance.now(), this.#streams.size > 0)) {
      throw new ConnectionError(ErrorCode.calmDown, 'too_many_pings')
    }
    this.#out.put(frame(FrameType.ping, Flag.ack, 0, payload))
  }

  #ping(): void {
    if (this.#late !== undefined) return
    this.#out.put(frame(FrameType.ping, 0, 0, Buffer.alloc(8)))
    this.#late = setTimeout(() => this.cut(), this.#options.pingTimeoutMs).unref()
  }

  #flushAll(): void {
    for (const stream of this.#streams.values()) stream.flush()
  }

  #mustHaveBegun(id: number): void {
    if (id > this.#lastStream || id % 2 === 0) {
      throw new ConnectionError(ErrorCode.protocol, `stream ${id} has not begun`)
    }
  }

  /** The peer broke the rules of one stream. */
  #broken(stream: FrameStream, code: number): void {
    this.#out.put(resetFrame(stream.id, code))
    this.#forget(stream)
    stream.gone('reset-by-peer')
  }

  #forget(stream: FrameStream): void {
    this.#streams.delete(stream.id)
    this.#endIfIdle()
  }

  #endIfIdle(): void {
    if (!this.#closing || this.#streams.size > 0) return
    this.#out.flush()
    this.#socket.end()
  }

  #fail(code: number, text: string): void {
    this.#out.put(goawayFrame(this.#lastStream, code, text))
    this.#out.flush()
    this.#socket.destroySoon()
  }

  #lost(): void {
    if (this.#over) return
    this.#over = true
    clearInterval(this.#pinger)
    clearTimeout(this.#late)
    const why: Gone = this.#closing ? 'closing' : 'connection-lost'
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    for (const stream of streams) stream.gone(why)
    this.#whenOver()
  }
}

const tooWide = (): ConnectionError =>
  new ConnectionError(ErrorCode.flowControl, 'a window too wide')
