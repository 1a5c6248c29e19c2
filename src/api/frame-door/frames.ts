/** HTTP/2 frames as bytes (RFC 9113, section 6): numbers, heads, and the small frames whole. */

import type { Bytes } from '../../base/bytes.ts'

export const HEAD_BYTES = 9
/** What every peer takes, and all that is taken here. */
export const FRAME_MAX = 16_384
export const WINDOW_MAX = 2 ** 31 - 1
export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  promise: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const

export const Flag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const

export const Setting = { enablePush: 2, maxStreams: 3, initialWindow: 4, maxFrame: 5 } as const

export const ErrorCode = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  calmDown: 11,
} as const

/** The peer broke the protocol: the connection ends with this code. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** Writes a frame's head; its payload stands behind it. Returns where that begins. */
export function putHead(
  target: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  target[at] = length >>> 16
  target[at + 1] = length >>> 8
  target[at + 2] = length
  target[at + 3] = type
  target[at + 4] = flags
  target.writeUInt32BE(stream, at + 5)
  return at + HEAD_BYTES
}

export function frame(type: number, flags: number, stream: number, payload: Bytes): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + payload.length)
  bytes.set(payload, putHead(bytes, 0, payload.length, type, flags, stream))
  return bytes
}

export function settingsFrame(settings: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.allocUnsafe(settings.length * 6)
  for (const [i, [name, value]] of settings.entries()) {
    payload.writeUInt16BE(name, i * 6)
    payload.writeUInt32BE(value, i * 6 + 2)
  }
  return frame(FrameType.settings, 0, 0, payload)
}

export const resetFrame = (stream: number, code: number): Buffer =>
  frame(FrameType.reset, 0, stream, uint32(code))

export const windowFrame = (stream: number, increment: number): Buffer =>
  frame(FrameType.window, 0, stream, uint32(increment))

export const goawayFrame = (lastStream: number, code: number, text = ''): Buffer =>
  frame(
    FrameType.goaway,
    0,
    0,
    Buffer.concat([uint32(lastStream), uint32(code), Buffer.from(text)]),
  )

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}
