/**
 * The door over node:http2, cleartext, with prior knowledge: connections are handed to it by whoever looked
 * at their first bytes. Enforces etcd's keep-alive rules on each connection.
 */

import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import type { Door, DoorOptions, Fields, OpenStream } from '../door.ts'
import { PingGuard } from '../ping-guard.ts'
import { Http2DoorStream } from './http2-stream.ts'

const MEGABYTE = 1 << 20
const TOO_MANY_PINGS = Buffer.from('too_many_pings')

interface Peer {
  readonly pings: PingGuard
  streams: number
}

export class Http2Door implements Door {
  readonly #server: Http2Server
  readonly #options: DoorOptions
  readonly #open: OpenStream
  readonly #peers = new Map<ServerHttp2Session, Peer>()
  #closing = false
  #whenEmpty: (() => void) | undefined

  constructor(options: DoorOptions, open: OpenStream) {
    this.#options = options
    this.#open = open
    this.#server = createServer({
      // Node counts in megabytes and drops streams beyond; the receive window is what holds peers back.
      maxSessionMemory: 1024,
      streamResetBurst: 10_000,
      streamResetRate: 1_000,
      settings: {
        enablePush: false,
        initialWindowSize: MEGABYTE,
        maxConcurrentStreams: options.maxConcurrentStreams,
      },
    })
    this.#server.on('session', (session) => this.#welcome(session))
    this.#server.on('sessionError', () => {})
    this.#server.on('stream', (stream, fields) => this.#opened(stream, fields))
  }

  accept(socket: Socket): void {
    if (this.#closing) socket.destroy()
    else this.#server.emit('connection', socket)
  }

  connections(): number {
    return this.#peers.size
  }

  close(graceMs: number): Promise<void> {
    this.#closing = true
    for (const session of this.#peers.keys()) session.close()
    if (this.#peers.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cut = setTimeout(() => this.#cutAll(), graceMs)
      this.#whenEmpty = () => {
        clearTimeout(cut)
        resolve()
      }
    })
  }

  #cutAll(): void {
    for (const session of this.#peers.keys()) session.destroy()
  }

  #welcome(session: ServerHttp2Session): void {
    const peer: Peer = { pings: new PingGuard(this.#options.minPingMs), streams: 0 }
    this.#peers.set(session, peer)
    session.setLocalWindowSize(4 * MEGABYTE)
    session.on('error', () => {})
    session.on('ping', () => this.#pinged(session, peer))
    const pinger = setInterval(() => this.#ping(session), this.#options.pingMs)
    pinger.unref()
    session.on('close', () => {
      clearInterval(pinger)
      this.#peers.delete(session)
      if (this.#peers.size === 0) this.#whenEmpty?.()
    })
  }

  #opened(stream: ServerHttp2Stream, fields: IncomingHttpHeaders): void {
    const session = stream.session
    const peer = session && this.#peers.get(session as ServerHttp2Session)
    if (!peer) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM)
      return
    }
    peer.streams++
    stream.on('close', () => {
      peer.streams--
    })
    const doorStream = new Http2DoorStream(stream, fields as Fields, peer.pings)
    doorStream.listen(this.#open(doorStream))
  }

  #pinged(session: ServerHttp2Session, peer: Peer): void {
    if (!peer.pings.pinged(performance.now(), peer.streams > 0)) return
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, undefined, TOO_MANY_PINGS)
    // The frame must leave before the connection does.
    setImmediate(() => session.destroy())
  }

  #ping(session: ServerHttp2Session): void {
    if (session.destroyed) return
    const late = setTimeout(() => session.destroy(), this.#options.pingTimeoutMs)
    late.unref()
    session.ping(() => clearTimeout(late))
  }
}
