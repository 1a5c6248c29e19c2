/**
 * gRPC's framing: each message behind a compression flag and its length in four bytes. Texts and codes of
 * refusals are grpc-go's, which clients of etcd know.
 */

import { gunzipSync } from 'node:zlib'
import type { Bytes } from '../../base/bytes.ts'
import { Code, Status } from './status.ts'

export const PREFIX_BYTES = 5
const NOTHING = Buffer.alloc(0)

/** Cuts a stream of chunks into messages. A message lies in the chunk it came in when it came whole. */
export class MessageDeframer {
  readonly #maxBytes: number
  readonly #encoding: string
  #rest: Buffer = NOTHING
  #waiting: Buffer[] = []
  #waitingBytes = 0

  constructor(maxBytes: number, encoding: string | undefined) {
    this.#maxBytes = maxBytes
    this.#encoding = encoding ?? 'identity'
  }

  /** After a chunk, `next` gives its messages. */
  add(chunk: Bytes): void {
    const buffer = chunk as Buffer
    if (this.#rest.length === 0 && this.#waiting.length === 0) this.#rest = buffer
    else {
      this.#waiting.push(buffer)
      this.#waitingBytes += buffer.length
    }
  }

  /** The next message, undefined when more bytes are needed, or why this call must end. */
  next(): Bytes | Status | undefined {
    if (!this.#have(PREFIX_BYTES)) return undefined
    const flag = this.#rest[0] as number
    if (flag > 1) {
      return new Status(Code.INTERNAL, `grpc: received unexpected payload format ${flag}`)
    }
    const length = this.#rest.readUInt32BE(1)
    if (length > this.#maxBytes) return this.#tooLarge(length)
    if (!this.#have(PREFIX_BYTES + length)) return undefined
    const body = this.#rest.subarray(PREFIX_BYTES, PREFIX_BYTES + length)
    this.#rest = this.#rest.subarray(PREFIX_BYTES + length)
    return flag === 0 ? body : this.#decompress(body)
  }

  /** True when a message has begun and not ended. */
  get partial(): boolean {
    return this.#rest.length + this.#waitingBytes > 0
  }

  /** Joins what waits only once it is enough: a large message is copied once. */
  #have(bytes: number): boolean {
    if (this.#rest.length >= bytes) return true
    if (this.#rest.length + this.#waitingBytes < bytes) return false
    this.#rest = Buffer.concat([this.#rest, ...this.#waiting])
    this.#waiting = []
    this.#waitingBytes = 0
    return true
  }

  #tooLarge(length: number): Status {
    return new Status(
      Code.RESOURCE_EXHAUSTED,
      `grpc: received message larger than max (${length} vs. ${this.#maxBytes})`,
    )
  }

  #decompress(body: Buffer): Bytes | Status {
    if (this.#encoding === 'identity') {
      return new Status(Code.INTERNAL, 'grpc: compressed flag set with identity or empty encoding')
    }
    try {
      return gunzipSync(body, { maxOutputLength: this.#maxBytes })
    } catch (error) {
      return this.#undecompressed(error)
    }
  }

  #undecompressed(error: unknown): Status {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      return new Status(
        Code.RESOURCE_EXHAUSTED,
        `grpc: received message after decompression larger than max (${this.#maxBytes + 1} vs. ${this.#maxBytes})`,
      )
    }
    return new Status(Code.INTERNAL, `grpc: failed to decompress the received message: ${error}`)
  }
}
