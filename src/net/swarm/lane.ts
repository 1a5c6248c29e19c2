/**
 * One encrypted stream to a peer. First a conversation (`next`, `say`) for the handshake, then, after
 * `deliver`, a lane of frames with a bounded queue.
 *
 * Promises: a message arrives whole and in order; a silent peer ends the lane within three seconds;
 * whatever goes wrong with the stream is `onClose`, once, and never an unhandled error.
 */

import type { Bytes } from '../../base/bytes.ts'
import type { Endpoint, SecretStream } from './stack.ts'

export const KEEP_ALIVE_MS = 500
export const SILENCE_MS = 2_500
const FAREWELL_MS = 500
/** All that a peer may say before it has proved anything, in bytes. */
const STRANGER_MAX = 16 * 1024

interface Waiting {
  readonly resolve: (message: Bytes) => void
  readonly reject: (error: Error) => void
}

export class Lane {
  readonly #stream: SecretStream
  readonly #inbox: Bytes[] = []
  readonly #queue: Bytes[] = []
  readonly #closeListeners: ((reason: string) => void)[] = []
  #queuedBytes = 0
  #heard = 0
  #trusted = false
  #congested = false
  #waiting: Waiting | undefined
  #handler: ((message: Bytes) => void) | undefined
  #reason: string | undefined
  #closed = false

  constructor(stream: SecretStream) {
    this.#stream = stream
    stream.setKeepAlive(KEEP_ALIVE_MS)
    stream.setTimeout(SILENCE_MS)
    stream.on('error', (error) => {
      this.#reason ??= error.message
    })
    stream.on('close', () => this.#close())
    stream.on('data', (message) => this.#receive(message))
    stream.on('drain', () => this.#drain())
  }

  get initiator(): boolean {
    return this.#stream.isInitiator
  }

  /** Public key of the other end, hex. */
  get remoteKey(): string {
    return this.#stream.remotePublicKey.toString('hex')
  }

  /** Both ends see the same 64 bytes here and no other pair does: proofs are bound to it. */
  get handshakeHash(): Bytes {
    return this.#stream.handshakeHash ?? new Uint8Array(0)
  }

  get remoteAddress(): Endpoint | undefined {
    const raw = this.#stream.rawStream
    return raw ? { host: raw.remoteHost, port: raw.remotePort } : undefined
  }

  get closed(): boolean {
    return this.#closed
  }

  onClose(listener: (reason: string) => void): void {
    if (this.#closed) listener(this.#reason ?? 'closed')
    else this.#closeListeners.push(listener)
  }

  /** The next message of the conversation; rejects when the lane closes. One at a time. */
  next(): Promise<Bytes> {
    const message = this.#inbox.shift()
    if (message !== undefined) return Promise.resolve(message)
    if (this.#closed) return Promise.reject(new Error(this.#reason ?? 'closed'))
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  /** The other end has proved to be a member: what it says is bounded no more. */
  trust(): void {
    this.#trusted = true
  }

  /** Sends one message of the conversation. */
  say(message: Bytes): void {
    if (!this.#closed) this.#stream.write(message)
  }

  /** Ends the conversation: from here on each message goes to `handler`. */
  deliver(handler: (message: Bytes) => void): void {
    this.#handler = handler
    for (const message of this.#inbox.splice(0)) handler(message)
  }

  /**
   * Sends a frame, or answers false: what waits here already would grow beyond `limit` bytes. A frame
   * longer than that goes when nothing waits.
   */
  send(frame: Bytes, limit: number): boolean {
    if (this.#closed) return false
    if (!this.#congested) {
      this.#congested = !this.#stream.write(frame)
      return true
    }
    if (this.#queuedBytes > 0 && this.#queuedBytes + frame.length > limit) return false
    this.#queue.push(frame)
    this.#queuedBytes += frame.length
    return true
  }

  /** For faults: says nothing more, not even that it lives. */
  fallSilent(): void {
    this.#stream.setKeepAlive(0)
  }

  /** For faults: lives again. */
  speakAgain(): void {
    if (!this.#closed) this.#stream.setKeepAlive(KEEP_ALIVE_MS)
  }

  /** Closes once what was said has arrived, so that a refusal is heard. */
  finish(reason: string): void {
    if (this.#closed) return
    this.#reason ??= reason
    this.#stream.end()
    setTimeout(() => this.close(reason), FAREWELL_MS).unref()
  }

  close(reason: string): void {
    if (this.#closed) return
    this.#reason ??= reason
    this.#stream.destroy()
    this.#close()
  }

  #receive(message: Bytes): void {
    if (this.#closed) return
    if (this.#handler !== undefined) this.#handler(message)
    else this.#hear(message)
  }

  #hear(message: Bytes): void {
    const waiting = this.#waiting
    this.#heard += message.length
    if (this.#heard > STRANGER_MAX && !this.#trusted) {
      this.close('said too much before it proved anything')
    } else if (waiting !== undefined) {
      this.#waiting = undefined
      waiting.resolve(message)
    } else {
      this.#inbox.push(message)
    }
  }

  #drain(): void {
    this.#congested = false
    while (!this.#congested && this.#queue.length > 0) {
      const frame = this.#queue.shift() as Bytes
      this.#queuedBytes -= frame.length
      this.#congested = !this.#stream.write(frame)
    }
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#queue.length = 0
    const reason = this.#reason ?? 'closed by the peer'
    this.#waiting?.reject(new Error(reason))
    for (const listener of this.#closeListeners.splice(0)) listener(reason)
  }
}
