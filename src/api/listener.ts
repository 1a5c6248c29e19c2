/**
 * One TCP port, in TLS or plain, for two protocols: looks at a connection's first bytes and hands it to the
 * HTTP/2 door or to the HTTP/1.1 pages. Whoever speaks plain text to a port in TLS is told so and let go.
 */

import { createServer as createPages, type Server as Pages, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Anteroom, whenToldApart } from './anteroom.ts'
import type { Door } from './door.ts'
import { isTls, TlsGate, type TlsIdentity } from './tls.ts'

const PREFACE = Buffer.from('PRI * HTTP/2.0')

export interface ListenerParts {
  readonly host: string
  /** 0: any free one; `Listener.port` names it. */
  readonly port: number
  /** Several threads listen on one port; the kernel shares connections out. */
  readonly reusePort: boolean
  /** Plain text without. */
  readonly tls: TlsIdentity | undefined
  /** HTTP/1.1 alone without. */
  readonly door?: Door
  readonly pages: RequestListener
}

export class Listener {
  readonly #server: Server
  readonly #gate: TlsGate | undefined
  readonly #door: Door | undefined
  readonly #pages: Pages
  readonly #anteroom = new Anteroom()

  private constructor({ door, pages, tls }: ListenerParts) {
    this.#door = door
    this.#pages = createPages(pages)
    // It hears of connections from here and never listens itself; only one that does keeps a list of
    // them, and ends those whose requests do not come to an end.
    this.#pages.emit('listening')
    const arrived = (socket: Socket): void => this.#arrived(socket)
    // Clients of gRPC offer h2 alone; whoever offers both wants a page.
    const protocols = door === undefined ? ['http/1.1'] : ['http/1.1', 'h2']
    this.#gate = tls && new TlsGate({ identity: tls, protocols, arrived })
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#anteroom.enter(socket)
      if (this.#gate === undefined) arrived(socket)
      else whenToldApart(socket, isTls, (is) => this.#greet(socket, is))
    })
  }

  /** Rejects with the error of `listen` (EADDRINUSE and its like), or of OpenSSL for the certificates. */
  static async open(parts: ListenerParts): Promise<Listener> {
    const listener = new Listener(parts)
    await listener.#listen(parts)
    return listener
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** New certificates, for connections to come. */
  renew(identity: TlsIdentity): void {
    this.#gate?.renew(identity)
  }

  async close(graceMs: number): Promise<void> {
    const stopped = new Promise((resolve) => this.#server.close(resolve))
    this.#anteroom.clear()
    await this.#door?.close(graceMs)
    this.#pages.closeAllConnections()
    this.#pages.close()
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

  #greet(socket: Socket, speaksTls: boolean): void {
    if (speaksTls) this.#gate?.take(socket)
    else refusePlainText(socket)
  }

  #arrived(socket: Socket): void {
    whenToldApart(socket, protocolOf, (protocol) => {
      this.#anteroom.leave(socket)
      if (protocol === 'http2' && this.#door !== undefined) this.#door.accept(socket)
      else this.#pages.emit('connection', socket)
    })
  }
}

function protocolOf(begun: Buffer): 'http1' | 'http2' | undefined {
  const known = Math.min(begun.length, PREFACE.length)
  if (!begun.subarray(0, known).equals(PREFACE.subarray(0, known))) return 'http1'
  return known === PREFACE.length ? 'http2' : undefined
}

const USE_TLS = 'This port speaks TLS: use https.\n'

/** For people with a browser or curl; anything else sees the connection end. */
function refusePlainText(socket: Socket): void {
  socket.resume()
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: ${USE_TLS.length}\r\n` +
      `connection: close\r\n\r\n${USE_TLS}`,
  )
}
