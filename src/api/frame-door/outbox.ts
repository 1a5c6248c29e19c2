/** What a connection sends: gathered while code runs, written in one piece when it has run. */

import type { Socket } from 'node:net'

/** Beyond this much unsent the peer counts as slow. */
const FULL_BYTES = 256 * 1024
/** A peer that asks for answers and never reads them is dropped here. */
const ABUSE_BYTES = 64 * 1024 * 1024
const JOIN_MAX = 64 * 1024

export class Outbox {
  readonly #socket: Socket
  #frames: Buffer[] = []
  #bytes = 0

  readonly #room: () => void
  /** Somebody was told that it is full, and is to hear of room. */
  #refused = false

  constructor(socket: Socket, room: () => void) {
    this.#socket = socket
    this.#room = room
    socket.on('drain', () => this.#tellRoom())
  }

  get writable(): boolean {
    const writable = this.#bytes + this.#socket.writableLength < FULL_BYTES
    this.#refused ||= !writable
    return writable
  }

  put(frame: Buffer): void {
    if (this.#frames.length === 0) process.nextTick(() => this.flush())
    this.#frames.push(frame)
    this.#bytes += frame.length
  }

  flush(): void {
    const frames = this.#frames
    const bytes = this.#bytes
    if (frames.length === 0) return
    this.#frames = []
    this.#bytes = 0
    if (this.#socket.destroyed || !this.#socket.writable) return
    if (frames.length === 1) this.#socket.write(frames[0] as Buffer)
    else if (bytes <= JOIN_MAX) this.#socket.write(Buffer.concat(frames, bytes))
    else {
      this.#socket.cork()
      for (const frame of frames) this.#socket.write(frame)
      this.#socket.uncork()
    }
    if (this.#socket.writableLength > ABUSE_BYTES) this.#socket.destroy()
    else this.#tellRoom()
  }

  #tellRoom(): void {
    if (!this.#refused || this.#socket.writableLength >= FULL_BYTES) return
    this.#refused = false
    this.#room()
  }
}
