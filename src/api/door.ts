/**
 * The HTTP/2 port: a connection becomes streams of headers, data and trailers. What the bytes mean is
 * left to `grpc`; how they get on the wire, to the doors behind this port: `frame-door`, and
 * `http2-door` for comparison.
 *
 * Promises: a receiver hears `data` in order, then `end` at most once; after `gone` it hears nothing.
 * Nothing here throws for what a peer did; sending on a stream that is gone does nothing.
 */

import type { Socket } from 'node:net'
import type { Bytes } from '../base/bytes.ts'

/** Lower-case names; a field that came several times has its values joined by ", ". */
export type Fields = Readonly<Record<string, string>>

/** Why a stream ended before its time. */
export type Gone = 'reset-by-peer' | 'connection-lost' | 'closing'

export type ResetCode = 'no-error' | 'cancel' | 'internal' | 'refused'

export interface DoorStream {
  /** The request's fields, `:path` and its like among them. */
  readonly fields: Fields
  sendHeaders(fields: Fields): void
  /** False: the peer is slow; send no more until `drained`. The bytes must not be touched afterwards. */
  sendData(bytes: Bytes): boolean
  /** Ends the stream. */
  sendTrailers(trailers: Fields): void
  /** A whole answer at once: cheaper than its three parts. Ends the stream. */
  sendAll(headers: Fields, bytes: Bytes, trailers: Fields): void
  /** An answer of headers alone. Ends the stream. */
  sendOnly(headers: Fields): void
  reset(code: ResetCode): void
  /** Stops `data` until `resume`; the peer's window then holds it back. */
  pause(): void
  resume(): void
}

/** Who listens to a stream. No method may throw. */
export interface StreamReceiver {
  data(chunk: Bytes): void
  /** The peer has sent all it will. */
  end(): void
  drained(): void
  /** Called at most once, and never after the answer went out whole. */
  gone(why: Gone): void
}

/** Called for every new stream; the receiver hears of it from the next event on. */
export type OpenStream = (stream: DoorStream) => StreamReceiver

export interface Door {
  /** Takes a connection over; bytes already read from it must have been put back. */
  accept(socket: Socket): void
  connections(): number
  /**
   * Tells every peer to go away and gives running streams `graceMs` to end; then cuts them.
   * Resolves when no connection is left.
   */
  close(graceMs: number): Promise<void>
}

/** How a door treats its peers. Times in milliseconds. */
export interface DoorOptions {
  readonly maxConcurrentStreams: number
  /** A peer that pings more often than this, three times, is told to calm down and loses its connection. */
  readonly minPingMs: number
  /** An idle peer is pinged this often, and dropped when it does not answer in time. */
  readonly pingMs: number
  readonly pingTimeoutMs: number
}

export const ETCD_DOOR: DoorOptions = {
  maxConcurrentStreams: 4_294_967_295,
  minPingMs: 5_000,
  pingMs: 7_200_000,
  pingTimeoutMs: 20_000,
}
