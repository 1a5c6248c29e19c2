/** Raw gRPC by the proto files alone, independent of the project's own codecs and server. */

import { join } from 'node:path'
import * as grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

const PROTO = join(import.meta.dirname, '../../proto')

const loaded = loadSync(
  [
    'etcdserverpb/kv.proto',
    'etcdserverpb/watch.proto',
    'etcdserverpb/lease.proto',
    'etcdserverpb/cluster.proto',
    'etcdserverpb/maintenance.proto',
    'etcdserverpb/auth.proto',
    'grpc/health/v1/health.proto',
  ].map((file) => join(PROTO, file)),
  { includeDirs: [PROTO], keepCase: true, longs: String, enums: String, oneofs: false },
)
const packages = grpc.loadPackageDefinition(loaded)

const BYTE_FIELDS = new Set(['key', 'range_end', 'value', 'keys'])

/** Texts in byte fields as bytes, one a character. */
function withBytes(value: unknown, field = ''): unknown {
  if (typeof value === 'string') {
    return BYTE_FIELDS.has(field) ? Buffer.from(value, 'latin1') : value
  }
  if (Array.isArray(value)) return value.map((item) => withBytes(item, field))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withBytes(inner, key)]),
  )
}

/** A response with its bytes as text, and only what is there. */
export function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('latin1')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}

type Unary = (
  request: unknown,
  metadata: grpc.Metadata,
  options: grpc.CallOptions,
  done: (error: grpc.ServiceError | null, response: unknown) => void,
) => void
type Bidi = (metadata: grpc.Metadata) => grpc.ClientDuplexStream<unknown, unknown>

export class RawClient {
  readonly #endpoint: string
  readonly #clients = new Map<string, grpc.Client>()

  constructor(endpoint: string) {
    this.#endpoint = endpoint
  }

  /** The response, or the code and text of the error. */
  call(method: string, request: object, metadata: Readonly<Record<string, string>>) {
    const { client, name } = this.#method(method)
    const headers = new grpc.Metadata()
    for (const [key, value] of Object.entries(metadata)) headers.set(key, value)
    const send = (Reflect.get(client, name) as Unary).bind(client)
    return new Promise<unknown>((resolve) => {
      send(withBytes(request), headers, { deadline: Date.now() + 10_000 }, (error, response) => {
        resolve(error === null ? plain(response) : { code: error.code, details: error.details })
      })
    })
  }

  stream(method: string): {
    send(request: object): void
    duplex: grpc.ClientDuplexStream<unknown, unknown>
  } {
    const { client, name } = this.#method(method)
    const duplex = (Reflect.get(client, name) as Bidi).call(client, new grpc.Metadata())
    return { send: (request) => duplex.write(withBytes(request)), duplex }
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
  }

  #method(path: string): { client: grpc.Client; name: string } {
    const [service = '', name = ''] = path.split('/')
    let client = this.#clients.get(service)
    if (client === undefined) {
      const scope = service === 'Health' ? 'grpc.health.v1' : 'etcdserverpb'
      const found = `${scope}.${service}`
        .split('.')
        .reduce<unknown>((inner, part) => Reflect.get(inner as object, part), packages)
      const Service = found as grpc.ServiceClientConstructor
      client = new Service(this.#endpoint, grpc.credentials.createInsecure())
      this.#clients.set(service, client)
    }
    return { client, name }
  }
}
