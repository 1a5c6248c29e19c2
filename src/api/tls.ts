/**
 * TLS on a port, the same for gRPC and HTTP: connections come in as they arrived and go out decrypted, once
 * their peer has shown the certificate that it must. New certificates are for the connections to come.
 *
 * A handshake has ten seconds; what fails in one costs that connection alone.
 */

import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import {
  createSecureContext,
  createServer,
  type Server,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls'

/** Certificates in PEM. */
export interface TlsIdentity {
  /** This server's own, then those between it and its CA. */
  readonly cert: string
  readonly key: string
  /** Who must have signed those of clients. */
  readonly ca: string | undefined
  /** Optional: a client may come without, but not with one that the CA did not sign. */
  readonly clientAuth: 'none' | 'optional' | 'required'
}

const HANDSHAKE_MS = 10_000

export interface TlsGateParts {
  readonly identity: TlsIdentity
  /** By preference: h2, http/1.1. */
  readonly protocols: readonly string[]
  /** Ten seconds, if not given. */
  readonly handshakeMs?: number
  /** A connection may be read. */
  arrived(socket: TLSSocket): void
}

export class TlsGate {
  readonly #server: Server

  /** Throws what OpenSSL has against the certificates. */
  constructor(parts: TlsGateParts) {
    const { identity, protocols, handshakeMs = HANDSHAKE_MS, arrived } = parts
    const { clientAuth } = identity
    this.#server = createServer({
      ...contextOf(identity),
      ALPNProtocols: [...protocols],
      handshakeTimeout: handshakeMs,
      requestCert: clientAuth !== 'none',
      rejectUnauthorized: clientAuth === 'required',
    })
    this.#server.on('secureConnection', (socket) => {
      if (clientAuth === 'optional' && isStranger(socket)) socket.destroy()
      else arrived(socket)
    })
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy())
  }

  /** Takes over a connection whose first bytes have been put back. */
  take(socket: Socket): void {
    this.#server.emit('connection', socket)
  }

  /** Whether clients must show certificates stays as it was. */
  renew(identity: TlsIdentity): void {
    this.#server.setSecureContext(contextOf(identity))
  }
}

/** Throws what OpenSSL has against the certificates: keys that are too short, say. */
export function checkIdentity(identity: TlsIdentity): void {
  createSecureContext(contextOf(identity))
}

/** A TLS connection begins with a record of the handshake. */
export const isTls = (begun: Buffer): boolean => begun[0] === 0x16

function contextOf({ cert, key, ca }: TlsIdentity): TlsOptions {
  return {
    cert,
    key,
    ca,
    minVersion: 'TLSv1.2',
    // Under TLS 1.2 a client could have the server renegotiate on end.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  }
}

const isStranger = (socket: TLSSocket): boolean =>
  !socket.authorized && socket.getPeerX509Certificate() !== undefined
