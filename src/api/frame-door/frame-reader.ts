/**
 * Bytes of a connection into frames: checks what can be checked of each by itself (RFC 9113, sections 4
 * and 6), takes padding and priorities off, and puts header blocks together. Throws `ConnectionError`.
 */

import {
  ConnectionError,
  ErrorCode,
  Flag,
  FRAME_MAX,
  FrameType,
  HEAD_BYTES,
  PREFACE,
} from './frames.ts'

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  /** Without padding; lies in the bytes that were read. */
  readonly payload: Buffer
  /** With padding: what counts for windows. */
  readonly length: number
}

const BLOCK_MAX = 64 * 1024
/** Payloads of a fixed length. */
const SIZES: Readonly<Record<number, number>> = {
  [FrameType.priority]: 5,
  [FrameType.reset]: 4,
  [FrameType.ping]: 8,
  [FrameType.window]: 4,
}
const OF_CONNECTION = new Set<number>([FrameType.settings, FrameType.ping, FrameType.goaway])
const OF_STREAM = new Set<number>([
  FrameType.data,
  FrameType.headers,
  FrameType.priority,
  FrameType.reset,
  FrameType.continuation,
])

export class FrameReader {
  readonly #take: (frame: Frame) => void
  #rest: Buffer = Buffer.alloc(0)
  #greeted = false
  #settled = false
  /** A header block that goes on in the next frame. */
  #begun: Frame | undefined
  #dead = false

  constructor(take: (frame: Frame) => void) {
    this.#take = take
  }

  read(chunk: Buffer): void {
    if (this.#dead) return
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = this.#greeted ? 0 : this.#greet(bytes)
    try {
      while (bytes.length - at >= HEAD_BYTES) {
        const length = bytes.readUIntBE(at, 3)
        if (length > FRAME_MAX) throw new ConnectionError(ErrorCode.frameSize, 'a frame too long')
        const end = at + HEAD_BYTES + length
        if (end > bytes.length) break
        this.#frame(bytes, at, length)
        at = end
      }
    } catch (error) {
      this.#dead = true
      throw error
    }
    this.#rest = bytes.subarray(at)
  }

  #greet(bytes: Buffer): number {
    const known = Math.min(bytes.length, PREFACE.length)
    if (!bytes.subarray(0, known).equals(PREFACE.subarray(0, known))) {
      this.#dead = true
      throw new ConnectionError(ErrorCode.protocol, 'no HTTP/2')
    }
    this.#greeted = known === PREFACE.length
    return this.#greeted ? known : 0
  }

  #frame(bytes: Buffer, at: number, length: number): void {
    const type = bytes[at + 3] as number
    const flags = bytes[at + 4] as number
    const stream = bytes.readUInt32BE(at + 5) & 0x7fffffff
    const payload = bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length)
    this.#check(type, flags, stream, length)
    const whole = this.#bare({ type, flags, stream, payload, length })
    if (type === FrameType.continuation) this.#goOn(whole)
    else if (type === FrameType.headers && (flags & Flag.endHeaders) === 0) this.#begun = whole
    else this.#take(whole)
  }

  #check(type: number, flags: number, stream: number, length: number): void {
    if (!this.#settled && type !== FrameType.settings) throw broken('settings come first')
    this.#settled = true
    const goesOn = type === FrameType.continuation && this.#begun?.stream === stream
    if (this.#begun !== undefined ? !goesOn : type === FrameType.continuation) {
      throw broken('a header block interrupted')
    }
    const misplaced = stream === 0 ? OF_STREAM.has(type) : OF_CONNECTION.has(type)
    if (misplaced || type === FrameType.promise) throw broken(`a frame of type ${type} here`)
    const settings = type === FrameType.settings
    const wrong = settings
      ? length % 6 !== 0 || ((flags & Flag.ack) !== 0 && length > 0)
      : length !== (SIZES[type] ?? length)
    if (wrong) throw new ConnectionError(ErrorCode.frameSize, `type ${type} of ${length} bytes`)
  }

  /** Without padding and priority. */
  #bare(frame: Frame): Frame {
    const { type, flags, payload } = frame
    if (type !== FrameType.data && type !== FrameType.headers) return frame
    const padded = (flags & Flag.padded) !== 0
    const priority = type === FrameType.headers && (flags & Flag.priority) !== 0
    if (!padded && !priority) return frame
    const from = (padded ? 1 : 0) + (priority ? 5 : 0)
    const to = payload.length - (padded ? (payload[0] ?? 0) : 0)
    if (to < from) throw broken('more padding than frame')
    return { ...frame, payload: payload.subarray(from, to) }
  }

  #goOn(more: Frame): void {
    const begun = this.#begun as Frame
    const payload = Buffer.concat([begun.payload, more.payload])
    if (payload.length > BLOCK_MAX) throw new ConnectionError(ErrorCode.calmDown, 'too many fields')
    const whole = { ...begun, payload, flags: begun.flags | more.flags }
    this.#begun = whole
    if ((more.flags & Flag.endHeaders) === 0) return
    this.#begun = undefined
    this.#take(whole)
  }
}

const broken = (what: string): ConnectionError => new ConnectionError(ErrorCode.protocol, what)
