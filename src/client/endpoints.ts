/**
 * The endpoints of one cluster: calls go to one of them, and on to the next when it fails. Reads are tried
 * again; a write only while it is certain that nobody has done it.
 */

import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { CallFailed, failureOf } from './failure.ts'

/** A method of a generated service definition. */
export interface UnaryMethod<Request, Response> {
  readonly name: string
  readonly requestType: { encode(message: Request): { finish(): Uint8Array } }
  readonly responseType: { decode(bytes: Uint8Array): Response }
}

export interface CallOptions {
  /** Milliseconds for the call with all its tries. */
  readonly timeoutMs?: number
  /** Milliseconds after which a repeatable call goes to the next endpoint, should this one hang; never, if not given. */
  readonly tryMs?: number
  /** Only this endpoint, no other. */
  readonly endpoint?: string
}

/** Certificates as PEM: what `--cacert`, `--cert` and `--key` name for etcdctl. */
export interface ClientTls {
  /** Who must have signed the servers' certificates; those that Node trusts, if not given. */
  readonly ca?: string | undefined
  /** The client's own, for servers that ask for one. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export interface EndpointsOptions {
  /** `host:port`, `http://` or `https://` before it. */
  readonly endpoints: readonly string[]
  readonly tls: ClientTls | undefined
  readonly timeoutMs: number
}

const BACKOFF_MS = 25
/** With less time left, another try would only hide why the last one failed. */
const LEAST_LEFT_MS = 250
const UNLIMITED = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // Two clients of one process share no connection, so that closing one does not disturb the other.
  'grpc.use_local_subchannel_pool': 1,
}

export class Endpoints {
  readonly #options: EndpointsOptions
  readonly #clients: readonly { readonly endpoint: string; readonly client: Client }[]
  #current = 0

  constructor(options: EndpointsOptions) {
    if (options.endpoints.length === 0) throw new Error('a client needs at least one endpoint')
    this.#options = options
    this.#clients = options.endpoints.map((given) => {
      const [scheme, endpoint] = given.includes('://') ? given.split('://') : ['', given]
      const secure = scheme === '' ? options.tls !== undefined : scheme === 'https'
      const how = secure ? secureBy(options.tls) : credentials.createInsecure()
      return {
        endpoint: endpoint as string,
        client: new Client(endpoint as string, how, UNLIMITED),
      }
    })
  }

  /** The endpoint that the next call goes to, and its channel, for streams. */
  current(): { readonly endpoint: string; readonly client: Client } {
    return this.#clients[this.#current] as { endpoint: string; client: Client }
  }

  rotate(): void {
    this.#current = (this.#current + 1) % this.#clients.length
  }

  /** Tries endpoint after endpoint until the deadline. Rejects with `CallFailed`. */
  read<Request, Response>(
    service: string,
    method: UnaryMethod<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Response> {
    return this.#call(service, method, request, options, true)
  }

  /** Sends once to an endpoint that is connected; again only if it said that it did nothing. */
  write<Request, Response>(
    service: string,
    method: UnaryMethod<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Response> {
    return this.#call(service, method, request, options, false)
  }

  close(): void {
    for (const { client } of this.#clients) client.close()
  }

  async #call<Request, Response>(
    service: string,
    method: UnaryMethod<Request, Response>,
    request: Request,
    options: CallOptions,
    repeatable: boolean,
  ): Promise<Response> {
    const deadline = Date.now() + (options.timeoutMs ?? this.#options.timeoutMs)
    const path = `/${service}/${method.name}`
    for (;;) {
      const at = this.#pick(options.endpoint)
      try {
        await connected(at, deadline)
        const tryMs = repeatable ? (options.tryMs ?? Infinity) : Infinity
        const until = Math.min(deadline, Date.now() + tryMs)
        return await unary(at, path, method, request, until)
      } catch (error) {
        if (!(error instanceof CallFailed) || !this.#again(error, repeatable, deadline)) throw error
        // Of many calls that fail together, the first goes on to the next endpoint and takes the others along.
        if (options.endpoint === undefined && at === this.current()) this.rotate()
        await new Promise((resolve) => setTimeout(resolve, BACKOFF_MS))
      }
    }
  }

  #again(error: CallFailed, repeatable: boolean, deadline: number): boolean {
    if (Date.now() + LEAST_LEFT_MS >= deadline) return false
    if (error.outcome === 'not-done') return true
    return repeatable && LOST.has(error.code)
  }

  #pick(endpoint: string | undefined): { readonly endpoint: string; readonly client: Client } {
    if (endpoint === undefined) return this.current()
    const found = this.#clients.find((one) => one.endpoint === endpoint)
    if (!found) throw new Error(`${endpoint} is none of this client's endpoints`)
    return found
  }
}

function secureBy({ ca, cert, key }: ClientTls = {}): ChannelCredentials {
  const [roots, privateKey, chain] = [ca, key, cert].map((pem) => (pem ? Buffer.from(pem) : null))
  return credentials.createSsl(roots, privateKey, chain)
}

/** After these a repeatable call goes again, while there is time. */
const LOST = new Set<number>([status.UNAVAILABLE, status.DEADLINE_EXCEEDED])

const CONNECT_MS = 1_000

/** A write that leaves only over a standing connection was certainly not sent when there is none. */
function connected(at: { endpoint: string; client: Client }, deadline: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const until = Math.min(deadline, Date.now() + CONNECT_MS)
    at.client.waitForReady(until, (error) => {
      if (!error) return resolve()
      const text = `no connection to ${at.endpoint} within ${CONNECT_MS} ms`
      reject(new CallFailed(at.endpoint, status.UNAVAILABLE, text, 'not-done'))
    })
  })
}

function unary<Request, Response>(
  at: { endpoint: string; client: Client },
  path: string,
  { requestType, responseType }: UnaryMethod<Request, Response>,
  request: Request,
  deadline: number,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    at.client.makeUnaryRequest(
      path,
      (message: Request) => Buffer.from(requestType.encode(message).finish()),
      (bytes: Buffer) => responseType.decode(bytes),
      request,
      new Metadata(),
      { deadline },
      (error: ServiceError | null, response?: Response) => {
        if (error) reject(failureOf(at.endpoint, error))
        else resolve(response as Response)
      },
    )
  })
}
