/** gRPC calls byte by byte over node:http2's client, for what proper clients would never send. */

import { type ClientHttp2Session, connect } from 'node:http2'

export interface RawAnswer {
  readonly http: number
  readonly status: string | undefined
  readonly message: string | undefined
  readonly body: Buffer
}

export type Pieces = readonly Uint8Array[]

/** A message behind its prefix. */
export function frame(body: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = flag
  prefix.writeUInt32BE(body.length, 1)
  return Buffer.concat([prefix, body])
}

export class RawGrpc {
  readonly #session: ClientHttp2Session

  constructor(port: number) {
    this.#session = connect(`http://127.0.0.1:${port}`)
    this.#session.on('error', () => {})
  }

  /** Sends the pieces one by one and ends; resolves when the answer is whole. */
  call(
    path: string,
    pieces: Pieces,
    fields: Record<string, string | undefined> = {},
  ): Promise<RawAnswer> {
    const defaults = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' }
    const given = Object.entries({ ':path': path, ...defaults, ...fields })
    const request = this.#session.request(
      Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    )
    const fieldsOf: Record<string, string | string[] | undefined>[] = []
    const body: Buffer[] = []
    request.on('response', (headers) => fieldsOf.push(headers as never))
    request.on('trailers', (trailers) => fieldsOf.push(trailers as never))
    request.on('data', (chunk: Buffer) => body.push(chunk))
    request.on('error', () => {})
    for (const piece of pieces) request.write(piece)
    request.end()
    return new Promise((resolve) => {
      request.on('close', () => {
        const all = Object.assign({}, ...fieldsOf)
        const message = all['grpc-message']
        resolve({
          http: Number(all[':status']),
          status: all['grpc-status'],
          message: message === undefined ? undefined : decodeURIComponent(message),
          body: Buffer.concat(body),
        })
      })
    })
  }

  close(): void {
    this.#session.destroy()
  }
}
