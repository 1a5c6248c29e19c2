/** How a call ended: gRPC's codes, and the fields that carry them. */

import type { Fields } from '../door.ts'

export const Code = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const

export type CodeNumber = (typeof Code)[keyof typeof Code]

/** The end of a call other than success. A value, not an error: it is returned, never thrown. */
export class Status {
  readonly code: CodeNumber
  readonly message: string
  #trailers: Fields | undefined
  #headersAlone: Fields | undefined

  constructor(code: CodeNumber, message: string) {
    this.code = code
    this.message = message
  }

  /** After headers were sent. */
  trailers(): Fields {
    this.#trailers ??= {
      'grpc-status': String(this.code),
      'grpc-message': percentEncode(this.message),
    }
    return this.#trailers
  }

  /** The whole answer, when nothing was sent before. */
  headersAlone(): Fields {
    this.#headersAlone ??= { ...HEADERS, ...this.trailers() }
    return this.#headersAlone
  }
}

export const HEADERS: Fields = { ':status': '200', 'content-type': 'application/grpc' }
export const OK_TRAILERS: Fields = { 'grpc-status': '0', 'grpc-message': '' }

/** Bytes outside the printable ones, and the percent sign, as %XX of UTF-8. */
export function percentEncode(text: string): string {
  if (/^[ -$&-~]*$/.test(text)) return text
  let encoded = ''
  for (const byte of new TextEncoder().encode(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    encoded += plain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}
