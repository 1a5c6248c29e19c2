/** The gRPC layer: framing, statuses, deadlines, limits, compression, cancellation, as grpc-go's server answers. */

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { ETCD_DOOR } from '../../src/api/door.ts'
import { FrameDoor } from '../../src/api/frame-door/frame-door.ts'
import type { CallContext } from '../../src/api/grpc/call-context.ts'
import { GrpcServer } from '../../src/api/grpc/grpc-server.ts'
import { service } from '../../src/api/grpc/service.ts'
import { Code, percentEncode, Status } from '../../src/api/grpc/status.ts'
import { Deadlines, parseTimeout } from '../../src/api/grpc/timeout.ts'
import { MeterBook } from '../../src/base/meter-book.ts'
import { SILENT } from '../../src/base/ports/log.ts'
import {
  HealthCheckRequest,
  HealthCheckResponse,
  type HealthCheckResponse_ServingStatus as Serving,
} from '../../src/wire/proto/grpc/health/v1/health.ts'
import { frame, RawGrpc } from '../support/raw-grpc.ts'

const MAX = 1024

/** Methods of every kind over the health messages: small, and their text can carry anything. */
const CHECK = {
  requestType: HealthCheckRequest,
  requestStream: false,
  responseType: HealthCheckResponse,
  responseStream: false,
} as const
const TEST_SERVICE = {
  fullName: 'test.Echo',
  methods: {
    length: { ...CHECK, name: 'Length' },
    refuse: { ...CHECK, name: 'Refuse' },
    throw: { ...CHECK, name: 'Throw' },
    never: { ...CHECK, name: 'Never' },
    absent: { ...CHECK, name: 'Absent' },
    count: { ...CHECK, name: 'Count', requestStream: true },
    down: { ...CHECK, name: 'Down', responseStream: true },
    both: { ...CHECK, name: 'Both', requestStream: true, responseStream: true },
  },
} as const

const said = (text: string): Uint8Array => HealthCheckRequest.encode({ service: text }).finish()
const statusIn = (body: Buffer): number => HealthCheckResponse.decode(body.subarray(5)).status

class EchoServer {
  readonly meter = new MeterBook()
  readonly gone: string[] = []
  readonly server: GrpcServer
  readonly door: FrameDoor
  readonly #tcp = createServer((socket) => this.door.accept(socket))

  constructor() {
    const context: CallContext = {
      maxMessageBytes: MAX,
      guard: (fields) =>
        fields['x-guard'] === 'no' ? new Status(Code.UNAVAILABLE, 'guarded') : undefined,
      deadlines: new Deadlines(),
      running: new Set(),
      meter: this.meter,
      log: SILENT,
    }
    this.server = new GrpcServer(context, [this.#service()])
    this.door = new FrameDoor(ETCD_DOOR, (stream) => this.server.open(stream))
  }

  #service() {
    const gone = this.gone
    return service(TEST_SERVICE, {
      // The length of the text comes back as if it were a status.
      length: async (request) => ({ status: request.service.length as Serving }),
      refuse: async (request) => new Status(Code.FAILED_PRECONDITION, request.service),
      throw: async () => {
        throw new Error('a bug of ours')
      },
      never: () => new Promise(() => {}),
      count: (call) => {
        let count = 0
        return {
          message: () => count++,
          halfClosed: () => {
            call.send({ status: count as Serving })
            call.finish()
          },
          drained() {},
          gone: () => gone.push('count'),
        }
      },
      down: (call) => ({
        message({ service: text }) {
          for (let i = 0; i < text.length; i++) call.send({ status: i as Serving })
          if (text === 'wait') return
          call.finish(text === 'fail' ? new Status(Code.ABORTED, 'after all') : undefined)
        },
        halfClosed() {},
        drained() {},
        gone: () => gone.push('down'),
      }),
      both: (call) => ({
        message({ service: text }) {
          call.send({ status: text.length as Serving })
        },
        halfClosed: () => call.finish(),
        drained() {},
        gone: () => gone.push('both'),
      }),
    })
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#tcp.listen(0, '127.0.0.1', () => {
        resolve((this.#tcp.address() as { port: number }).port)
      })
    })
  }

  async close(): Promise<void> {
    const stopped = new Promise((resolve) => this.#tcp.close(resolve))
    await this.door.close(0)
    await stopped
  }
}

const encodeRequest = (request: HealthCheckRequest) =>
  Buffer.from(HealthCheckRequest.encode(request).finish())
const decodeResponse = (bytes: Buffer) => HealthCheckResponse.decode(bytes)

describe('gRPC over a door', { timeout: 20_000 }, () => {
  const echo = new EchoServer()
  let raw: RawGrpc
  let client: Client
  before(async () => {
    const port = await echo.listen()
    raw = new RawGrpc(port)
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  })
  after(async () => {
    raw.close()
    client.close()
    await echo.close()
  })
  const unary = (
    method: string,
    text: string,
    options: { deadline?: number; metadata?: Metadata } = {},
  ): Promise<HealthCheckResponse> =>
    new Promise((resolve, reject) => {
      const { metadata = new Metadata(), ...rest } = options
      const path = `/test.Echo/${method}`
      const done = (error: ServiceError | null, response?: HealthCheckResponse) =>
        error ? reject(error) : resolve(response as HealthCheckResponse)
      const request = { service: text }
      client.makeUnaryRequest(path, encodeRequest, decodeResponse, request, metadata, rest, done)
    })
  const fails = async (call: Promise<unknown>, code: number, details: string | RegExp) => {
    const error = await call.then(
      () => assert.fail('the call succeeded'),
      (error: ServiceError) => error,
    )
    assert.equal(error.code, code, error.message)
    assert.match(error.details, details instanceof RegExp ? details : new RegExp(`^${details}$`))
  }

  it('answers a unary call', async () => {
    assert.equal((await unary('Length', 'hello')).status, 5)
  })

  it('a refusal carries code and text, whatever is in the text', async () => {
    const text = 'no: 100 % of “it”\nis full'
    const error = await unary('Refuse', text).catch((error: ServiceError) => error)
    assert.ok('details' in error)
    assert.deepEqual([error.code, error.details], [status.FAILED_PRECONDITION, text])
  })

  it('a bug in a handler is UNKNOWN with its text', async () => {
    await fails(unary('Throw', ''), status.UNKNOWN, 'a bug of ours')
  })

  it('unknown services and methods are named', async () => {
    const unknown = await raw.call('/test.Nobody/X', [frame(said(''))])
    assert.deepEqual([unknown.status, unknown.message], ['12', 'unknown service test.Nobody'])
    const method = await raw.call('/test.Echo/X', [frame(said(''))])
    assert.deepEqual(
      [method.status, method.message],
      ['12', 'unknown method X for service test.Echo'],
    )
    const absent = await raw.call('/test.Echo/Absent', [frame(said(''))])
    assert.deepEqual([absent.status, absent.message], ['12', 'method Absent not implemented'])
    const malformed = await raw.call('/nothing', [])
    assert.deepEqual(
      [malformed.status, malformed.message],
      ['12', 'malformed method name: "/nothing"'],
    )
  })

  it('the guard may end a call before its handler', async () => {
    const metadata = new Metadata()
    metadata.set('x-guard', 'no')
    await fails(unary('Length', 'x', { metadata }), status.UNAVAILABLE, 'guarded')
  })

  it('what is not gRPC gets an HTTP status', async () => {
    const get = await raw.call('/test.Echo/Length', [], { ':method': 'GET' })
    assert.equal(get.http, 405)
    const plain = await raw.call('/test.Echo/Length', [], { 'content-type': 'text/html' })
    assert.equal(plain.http, 415)
    const proto = await raw.call('/test.Echo/Length', [frame(said('ab'))], {
      'content-type': 'application/grpc+proto',
    })
    assert.equal(statusIn(proto.body), 2)
  })

  it('a message may come byte by byte, or several at once', async () => {
    const bytes = frame(said('bytewise'))
    const pieces = [...bytes].map((byte) => Uint8Array.of(byte))
    assert.equal(statusIn((await raw.call('/test.Echo/Length', pieces)).body), 8)
    const three = Buffer.concat([frame(said('a')), frame(said('b')), frame(said('c'))])
    assert.equal(statusIn((await raw.call('/test.Echo/Count', [three])).body), 3)
  })

  it('too large a message is refused by its length', async () => {
    const exact = said('x'.repeat(MAX - 3))
    assert.equal(exact.length, MAX)
    assert.equal((await raw.call('/test.Echo/Length', [frame(exact)])).status, '0')
    const over = await raw.call('/test.Echo/Length', [frame(said('x'.repeat(MAX - 2)))])
    assert.deepEqual(
      [over.status, over.message],
      ['8', 'grpc: received message larger than max (1025 vs. 1024)'],
    )
    const announced = Buffer.from([0, 0xff, 0xff, 0xff, 0xff])
    const huge = await raw.call('/test.Echo/Both', [announced])
    assert.deepEqual(
      [huge.status, huge.message],
      ['8', 'grpc: received message larger than max (4294967295 vs. 1024)'],
    )
  })

  it('malformed frames end the call, not the connection', async () => {
    const flag = await raw.call('/test.Echo/Length', [frame(said('a'), 7)])
    assert.deepEqual(
      [flag.status, flag.message],
      ['13', 'grpc: received unexpected payload format 7'],
    )
    const cut = await raw.call('/test.Echo/Length', [frame(said('abc')).subarray(0, 6)])
    assert.deepEqual([cut.status, cut.message], ['13', 'unexpected EOF'])
    const none = await raw.call('/test.Echo/Length', [])
    assert.equal(none.status, '13')
    const two = await raw.call('/test.Echo/Length', [frame(said('a')), frame(said('b'))])
    assert.equal(two.status, '13')
    const garbage = await raw.call('/test.Echo/Length', [frame(Buffer.from([0x0a, 0x7f, 1]))])
    assert.equal(garbage.status, '13')
    assert.match(garbage.message ?? '', /^grpc: error unmarshalling request: /)
    assert.equal((await raw.call('/test.Echo/Length', [frame(said('fine'))])).status, '0')
  })

  it('gzip is understood, within bounds, and nothing else is', async () => {
    const gzip = { 'grpc-encoding': 'gzip' }
    const packed = await raw.call('/test.Echo/Length', [frame(gzipSync(said('packed')), 1)], gzip)
    assert.equal(statusIn(packed.body), 6)
    const bomb = gzipSync(said('x'.repeat(1_000_000)))
    const burst = await raw.call('/test.Echo/Length', [frame(bomb.subarray(0, MAX), 1)], gzip)
    assert.notEqual(burst.status, '0')
    const small = gzipSync(said('x'.repeat(MAX + 100)))
    assert.equal((await raw.call('/test.Echo/Length', [frame(small, 1)], gzip)).status, '8')
    const none = await raw.call('/test.Echo/Length', [frame(gzipSync(said('a')), 1)])
    assert.equal(none.message, 'grpc: compressed flag set with identity or empty encoding')
    const snappy = await raw.call('/test.Echo/Length', [frame(said('a'))], {
      'grpc-encoding': 'snappy',
    })
    assert.deepEqual(
      [snappy.status, snappy.message],
      ['12', 'grpc: Decompressor is not installed for grpc-encoding "snappy"'],
    )
  })

  it('deadlines are the server’s matter too', async () => {
    const { status: code, message } = await raw.call('/test.Echo/Never', [frame(said(''))], {
      'grpc-timeout': '30m',
    })
    assert.deepEqual([code, message], ['4', 'context deadline exceeded'])
    await fails(unary('Never', '', { deadline: Date.now() + 30 }), status.DEADLINE_EXCEEDED, /./)
    const wrong = await raw.call('/test.Echo/Length', [frame(said(''))], { 'grpc-timeout': '3x' })
    assert.equal(wrong.status, '13')
  })

  it('streams in every direction, with statuses at the end', async () => {
    const down = client.makeServerStreamRequest(
      '/test.Echo/Down',
      encodeRequest,
      decodeResponse,
      { service: 'fail' },
      new Metadata(),
    )
    const seen: number[] = []
    const error = await new Promise<ServiceError>((resolve) => {
      down.on('data', (message: HealthCheckResponse) => seen.push(message.status))
      down.on('error', (error: ServiceError) => resolve(error))
    })
    assert.deepEqual(seen, [0, 1, 2, 3])
    assert.deepEqual([error.code, error.details], [status.ABORTED, 'after all'])

    const both = client.makeBidiStreamRequest('/test.Echo/Both', encodeRequest, decodeResponse)
    const lengths: number[] = []
    for (const text of ['a', 'bb', 'ccc']) both.write({ service: text })
    both.end()
    for await (const { status: length } of both) lengths.push(length)
    assert.deepEqual(lengths, [1, 2, 3])
  })

  it('headers of a stream come before its first message', async () => {
    const both = client.makeBidiStreamRequest('/test.Echo/Both', encodeRequest, decodeResponse)
    both.on('error', () => {})
    await new Promise((resolve) => both.on('metadata', resolve))
    both.cancel()
  })

  it('a cancelled stream is gone for its handler, once', async () => {
    echo.gone.length = 0
    const down = client.makeServerStreamRequest(
      '/test.Echo/Down',
      encodeRequest,
      decodeResponse,
      { service: 'wait' },
      new Metadata(),
    )
    down.on('error', () => {})
    await new Promise((resolve) => down.once('data', resolve))
    down.cancel()
    while (echo.gone.length === 0) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(echo.gone, ['down'])
  })

  it('who does not read gets no more, and loses nothing', async () => {
    const both = client.makeBidiStreamRequest('/test.Echo/Both', encodeRequest, decodeResponse)
    both.on('error', () => {})
    const many = 20_000
    both.pause()
    for (let i = 0; i < many; i++) both.write({ service: 'x'.repeat(i % 100) })
    both.end()
    let count = 0
    for await (const { status: length } of both) {
      assert.equal(length, count % 100)
      count++
    }
    assert.equal(count, many)
  })

  it('calls are counted by method and code', () => {
    const counters = new Map(echo.meter.read().counters)
    const labels = 'grpc_service="test.Echo",grpc_method="Refuse",grpc_type="unary"'
    assert.equal(counters.get(`grpc_server_started_total{${labels}}`), 1)
    const handled = `grpc_server_handled_total{${labels},grpc_code="FailedPrecondition"}`
    assert.equal(counters.get(handled), 1)
  })

  it('when the server stops, streams end as unavailable', async () => {
    const both = client.makeBidiStreamRequest('/test.Echo/Both', encodeRequest, decodeResponse)
    const ended = new Promise<ServiceError>((resolve) => both.on('error', resolve))
    both.write({ service: 'x' })
    await new Promise((resolve) => both.once('data', resolve))
    echo.server.stop()
    const { code, details } = await ended
    assert.deepEqual([code, details], [status.UNAVAILABLE, 'etcdserver: server stopped'])
  })
})

describe('grpc-timeout', () => {
  it('has six units and at most eight digits', () => {
    const cases: [string, number | undefined][] = [
      ['1H', 3_600_000],
      ['2M', 120_000],
      ['3S', 3_000],
      ['4m', 4],
      ['5000u', 5],
      ['6000000n', 6],
      ['123456789m', undefined],
      ['m', undefined],
      ['1', undefined],
      ['-1S', undefined],
    ]
    for (const [text, ms] of cases) assert.equal(parseTimeout(text), ms, text)
  })
})

describe('grpc-message', () => {
  it('is percent-encoded outside printable ASCII', () => {
    assert.equal(percentEncode('plain text, even "quoted"'), 'plain text, even "quoted"')
    assert.equal(percentEncode('5 % ü\n'), '5 %25 %C3%BC%0A')
  })
})
