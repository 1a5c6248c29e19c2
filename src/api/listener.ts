/**
 * One TCP port for two protocols: looks at a connection's first bytes and hands it to the HTTP/2 door or
 * to the HTTP/1.1 pages. A connection that says nothing for a while is closed.
 */

import { createServer as createPages, type Server as Pages, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Door } from './door.ts'

const PREFACE = Buffer.from('PRI * HTTP/2.0')
const SILENCE_MS = 30_000

export interface ListenerParts {
  readonly host: string
  readonly port: number
  readonly reusePort: boolean
  readonly door: Door
  readonly pages: RequestListener
}

export class Listener {
  readonly #server: Server
  readonly #door: Door
  readonly #pages: Pages
  readonly #undecided = new Set<Socket>()
  /** HTTP/1.1 connections; a server that does not listen itself keeps no list of its own. */
  readonly #visitors = new Set<Socket>()

  private constructor(parts: ListenerParts) {
    this.#door = parts.door
    this.#pages = createPages(parts.pages)
    this.#server = createServer({ noDelay: true }, (socket) => this.#arrived(socket))
  }

  /** Rejects with the error of `listen` (EADDRINUSE and its like). */
  static async open(parts: ListenerParts): Promise<Listener> {
    const listener = new Listener(parts)
    await listener.#listen(parts)
    return listener
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(graceMs: number): Promise<void> {
    const stopped = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#undecided) socket.destroy()
    await this.#door.close(graceMs)
    for (const socket of this.#visitors) socket.destroy()
    await stopped
  }

  #listen({ host, port, reusePort }: ListenerParts): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port, reusePort, backlog: 1024 }, () => {
        this.#server.removeListener('error', reject)
        resolve()
      })
    })
  }

  #arrived(socket: Socket): void {
    this.#undecided.add(socket)
    const giveUp = () => socket.destroy()
    socket.setTimeout(SILENCE_MS, giveUp)
    const forget = () => this.#undecided.delete(socket)
    let begun: Buffer = Buffer.alloc(0)
    const look = () => {
      const more = socket.read() as Buffer | null
      if (more === null) return
      begun = begun.length === 0 ? more : Buffer.concat([begun, more])
      const verdict = protocolOf(begun)
      if (verdict === 'unclear') return
      socket.removeListener('readable', look)
      socket.removeListener('error', giveUp)
      socket.removeListener('close', forget)
      socket.removeListener('timeout', giveUp)
      socket.setTimeout(0)
      forget()
      socket.unshift(begun)
      if (verdict === 'http2') this.#door.accept(socket)
      else this.#visit(socket)
    }
    socket.on('readable', look)
    socket.on('error', giveUp)
    socket.on('close', forget)
  }

  #visit(socket: Socket): void {
    this.#visitors.add(socket)
    socket.on('close', () => this.#visitors.delete(socket))
    this.#pages.emit('connection', socket)
  }
}

function protocolOf(begun: Buffer): 'http1' | 'http2' | 'unclear' {
  const known = Math.min(begun.length, PREFACE.length)
  if (!begun.subarray(0, known).equals(PREFACE.subarray(0, known))) return 'http1'
  return known === PREFACE.length ? 'http2' : 'unclear'
}
