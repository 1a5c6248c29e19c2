/** Calls of any method by its generated definition, with grpc-js: for door tests. */

import {
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js'

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array }
  decode(bytes: Uint8Array): T
}

interface Method<Request, Response> {
  readonly name: string
  readonly requestType: Codec<Request>
  readonly responseType: Codec<Response>
}

export interface Failed {
  readonly code: number
  readonly details: string
}

export class GrpcCaller {
  readonly #client: Client

  constructor(endpoint: string) {
    this.#client = new Client(endpoint, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
    })
  }

  call<Request, Response>(
    service: string,
    method: Method<Request, Response>,
    request: Request,
    fields: Readonly<Record<string, string | Buffer>> = {},
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/${service}/${method.name}`,
        (message: Request) => Buffer.from(method.requestType.encode(message).finish()),
        (bytes: Buffer) => method.responseType.decode(bytes),
        request,
        metadataOf(fields),
        (error: ServiceError | null, response?: Response) =>
          error ? reject(error) : resolve(response as Response),
      )
    })
  }

  /** The code and text a call ends with; fails if it succeeds. */
  async failure(call: Promise<unknown>): Promise<Failed> {
    try {
      await call
    } catch (error) {
      const { code, details } = error as ServiceError
      return { code, details }
    }
    throw new Error('the call succeeded')
  }

  stream<Request, Response>(
    service: string,
    method: Method<Request, Response>,
    fields: Readonly<Record<string, string>> = {},
  ): ClientDuplexStream<Request, Response> {
    return this.#client.makeBidiStreamRequest(
      `/${service}/${method.name}`,
      (message: Request) => Buffer.from(method.requestType.encode(message).finish()),
      (bytes: Buffer) => method.responseType.decode(bytes),
      metadataOf(fields),
    )
  }

  close(): void {
    this.#client.close()
  }
}

function metadataOf(fields: Readonly<Record<string, string | Buffer>>): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(fields)) metadata.set(name, value)
  return metadata
}
