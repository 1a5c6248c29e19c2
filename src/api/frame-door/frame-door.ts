/**
 * The door over a frame loop of our own: what gRPC needs of HTTP/2 (RFC 9113) and no more. Cleartext with
 * prior knowledge; no push, no priorities, no compression of what is sent.
 */

import type { Socket } from 'node:net'
import type { Door, DoorOptions, OpenStream } from '../door.ts'
import { Connection } from './connection.ts'

export class FrameDoor implements Door {
  readonly #options: DoorOptions
  readonly #open: OpenStream
  readonly #connections = new Set<Connection>()
  #closing = false
  #whenEmpty: (() => void) | undefined

  constructor(options: DoorOptions, open: OpenStream) {
    this.#options = options
    this.#open = open
  }

  accept(socket: Socket): void {
    if (this.#closing) {
      socket.destroy()
      return
    }
    const connection = new Connection(socket, this.#options, this.#open, () => {
      this.#connections.delete(connection)
      if (this.#connections.size === 0) this.#whenEmpty?.()
    })
    this.#connections.add(connection)
  }

  connections(): number {
    return this.#connections.size
  }

  close(graceMs: number): Promise<void> {
    this.#closing = true
    for (const connection of this.#connections) connection.close()
    if (this.#connections.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cut = setTimeout(() => {
        for (const connection of this.#connections) connection.cut()
      }, graceMs)
      this.#whenEmpty = () => {
        clearTimeout(cut)
        resolve()
      }
    })
  }
}
