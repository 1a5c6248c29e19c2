/**
 * The contract of the HTTP/2 port, over every implementation of `Door`. Peers are node:http2's client and, where it
 * would be too polite, bytes on a socket.
 */

import assert from 'node:assert/strict'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { createServer, type Server, connect as tcpConnect } from 'node:net'
import { describe, it } from 'node:test'
import {
  type Door,
  type DoorOptions,
  type DoorStream,
  ETCD_DOOR,
  type Gone,
  type OpenStream,
} from '../../src/api/door.ts'

const HEADERS = { ':status': '200', 'content-type': 'application/grpc' }
const TRAILERS = { 'grpc-status': '0', 'x-last': 'yes' }

/** What one stream heard, and the stream to answer on. */
class Heard {
  readonly stream: DoorStream
  readonly chunks: Buffer[] = []
  ended = false
  drains = 0
  why: Gone | undefined
  #wake: () => void = () => {}

  constructor(stream: DoorStream) {
    this.stream = stream
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  note(change: () => void): void {
    change()
    this.#wake()
  }
}

class World {
  readonly heard: Heard[] = []
  readonly door: Door
  readonly server: Server
  readonly #waiting: ((heard: Heard) => void)[] = []
  readonly #sessions: ClientHttp2Session[] = []

  constructor(make: (options: DoorOptions, open: OpenStream) => Door, options: DoorOptions) {
    this.door = make(options, (stream) => {
      const heard = new Heard(stream)
      this.heard.push(heard)
      this.#waiting.shift()?.(heard)
      return {
        data: (chunk) => heard.note(() => heard.chunks.push(Buffer.from(chunk))),
        end: () =>
          heard.note(() => {
            heard.ended = true
          }),
        drained: () => heard.note(() => heard.drains++),
        gone: (why) =>
          heard.note(() => {
            heard.why = why
          }),
      }
    })
    this.server = createServer((socket) => this.door.accept(socket))
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
  }

  get port(): number {
    return (this.server.address() as { port: number }).port
  }

  peer(settings = {}): ClientHttp2Session {
    const session = connect(`http://127.0.0.1:${this.port}`, { settings })
    session.on('error', () => {})
    this.#sessions.push(session)
    return session
  }

  /** A request, and the stream that it became on the other side. */
  async request(
    session: ClientHttp2Session,
    fields: Record<string, string> = {},
  ): Promise<[ClientHttp2Stream, Heard]> {
    const arrived = new Promise<Heard>((resolve) => this.#waiting.push(resolve))
    const request = session.request({ ':method': 'POST', ':path': '/s/m', ...fields })
    request.on('error', () => {})
    return [request, await arrived]
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy()
    const stopped = new Promise((resolve) => this.server.close(resolve))
    await this.door.close(0)
    await stopped
  }
}

const answerOf = async (request: ClientHttp2Stream) => {
  const answer = {
    headers: {} as Record<string, unknown>,
    trailers: {} as Record<string, unknown>,
    body: Buffer.alloc(0),
  }
  request.on('response', (headers) => {
    answer.headers = headers
  })
  request.on('trailers', (trailers) => {
    answer.trailers = trailers
  })
  for await (const chunk of request) answer.body = Buffer.concat([answer.body, chunk])
  return answer
}

export function doorContract(
  name: string,
  make: (options: DoorOptions, open: OpenStream) => Door,
): void {
  describe(`door contract: ${name}`, { timeout: 20_000 }, () => {
    const over =
      (body: (world: World) => Promise<void>, options: DoorOptions = ETCD_DOOR) =>
      async () => {
        const world = new World(make, options)
        await world.listen()
        try {
          await body(world)
        } finally {
          await world.close()
        }
      }

    it(
      'carries a request in, and a whole answer out',
      over(async (world) => {
        const [request, heard] = await world.request(world.peer(), { 'x-token': 'a' })
        assert.equal(heard.stream.fields[':path'], '/s/m')
        assert.equal(heard.stream.fields['x-token'], 'a')
        request.end('hello')
        await heard.until(() => heard.ended)
        assert.equal(heard.bytes.toString(), 'hello')
        const answer = answerOf(request)
        heard.stream.sendAll(HEADERS, Buffer.from('bye'), TRAILERS)
        const { headers, body, trailers } = await answer
        assert.equal(headers[':status'], 200)
        assert.equal(headers['content-type'], 'application/grpc')
        assert.equal(body.toString(), 'bye')
        assert.equal(trailers['x-last'], 'yes')
        assert.equal(heard.why, undefined)
      }),
    )

    it(
      'carries an answer of headers alone, even before the request ended',
      over(async (world) => {
        const [request, heard] = await world.request(world.peer())
        request.write('unfinished')
        heard.stream.sendOnly({ ...HEADERS, 'grpc-status': '12' })
        const { headers, body } = await answerOf(request)
        assert.equal(headers['grpc-status'], '12')
        assert.equal(body.length, 0)
        heard.stream.sendData(Buffer.from('too late'))
        heard.stream.sendTrailers(TRAILERS)
      }),
    )

    it(
      'both ends may speak by turns until the trailers',
      over(async (world) => {
        const [request, heard] = await world.request(world.peer())
        const answer = answerOf(request)
        heard.stream.sendHeaders(HEADERS)
        for (const word of ['a', 'b', 'c']) {
          const before = heard.bytes.length
          request.write(word)
          await heard.until(() => heard.bytes.length > before)
          heard.stream.sendData(heard.bytes.subarray(before))
        }
        heard.stream.sendTrailers(TRAILERS)
        request.end()
        const { body, trailers } = await answer
        assert.equal(body.toString(), 'abc')
        assert.equal(trailers['grpc-status'], '0')
      }),
    )

    it(
      'a slow reader is felt, and its return too',
      over(async (world) => {
        const [request, heard] = await world.request(world.peer())
        request.end()
        heard.stream.sendHeaders(HEADERS)
        const chunk = Buffer.alloc(64 * 1024, 'x')
        let sent = 0
        while (heard.stream.sendData(chunk)) sent += chunk.length
        sent += chunk.length
        assert.ok(sent < 8 << 20, `${sent} bytes before the door said stop`)
        const body = answerOf(request)
        await heard.until(() => heard.drains > 0)
        heard.stream.sendTrailers(TRAILERS)
        assert.equal((await body).body.length, sent)
      }),
    )

    it(
      'a paused stream holds its peer back, and loses nothing',
      over(async (world) => {
        const [request, heard] = await world.request(world.peer())
        heard.stream.pause()
        const total = 8 << 20
        request.write(Buffer.alloc(total, 'y'))
        await new Promise((resolve) => request.session?.ping(resolve as () => void))
        assert.ok(heard.bytes.length < total, 'everything came through a paused stream')
        heard.stream.resume()
        await heard.until(() => heard.chunks.reduce((sum, { length }) => sum + length, 0) === total)
        heard.stream.sendOnly(HEADERS)
      }),
    )

    it(
      'a reset by the peer is told once, and what is sent then goes nowhere',
      over(async (world) => {
        const [request, heard] = await world.request(world.peer())
        heard.stream.sendHeaders(HEADERS)
        await new Promise((resolve) => request.on('response', resolve))
        request.close(constants.NGHTTP2_CANCEL)
        await heard.until(() => heard.why !== undefined)
        assert.equal(heard.why, 'reset-by-peer')
        heard.stream.sendTrailers(TRAILERS)
        assert.equal(heard.stream.sendData(Buffer.from('x')), true)
      }),
    )

    it(
      'a lost connection is told to each of its streams',
      over(async (world) => {
        const session = world.peer()
        const [, first] = await world.request(session)
        const [, second] = await world.request(session)
        session.destroy()
        await first.until(() => first.why !== undefined)
        await second.until(() => second.why !== undefined)
        assert.equal(world.heard.length, 2)
      }),
    )

    it(
      'streams can be reset from this side',
      over(async (world) => {
        const [request, heard] = await world.request(world.peer())
        heard.stream.reset('refused')
        await new Promise((resolve) => request.on('close', resolve))
        assert.equal(request.rstCode, constants.NGHTTP2_REFUSED_STREAM)
      }),
    )

    it(
      'bytes that are no HTTP/2 cost the connection and nothing else',
      over(async (world) => {
        const socket = tcpConnect(world.port, '127.0.0.1')
        socket.on('error', () => {})
        socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
        socket.write(Buffer.from('ffffff00ffffffffff00', 'hex'))
        socket.resume()
        await new Promise((resolve) => socket.on('close', resolve))
        const [request, heard] = await world.request(world.peer())
        heard.stream.sendOnly(HEADERS)
        assert.equal((await answerOf(request)).headers[':status'], 200)
      }),
    )

    it(
      'who pings too often without traffic is told to calm down, and loses its connection',
      over(async (world) => {
        const session = world.peer()
        const [, heard] = await world.request(session)
        assert.ok(heard)
        const goaway = new Promise<[number, string]>((resolve) => {
          session.on('goaway', (code, _last, data) => resolve([code, String(data)]))
        })
        const closed = new Promise((resolve) => session.on('close', resolve))
        const ping = () => session.destroyed || session.ping(() => {})
        for (let i = 0; i < 5; i++) ping()
        assert.deepEqual(await goaway, [constants.NGHTTP2_ENHANCE_YOUR_CALM, 'too_many_pings'])
        await closed
      }),
    )

    it(
      'a peer that does not answer pings is dropped',
      over(
        async (world) => {
          const socket = tcpConnect(world.port, '127.0.0.1')
          socket.on('error', () => {})
          // Preface and empty SETTINGS, then silence.
          socket.write(
            Buffer.concat([
              Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
              Buffer.from('000000040000000000', 'hex'),
            ]),
          )
          socket.resume()
          await new Promise((resolve) => socket.on('close', resolve))
          assert.equal(world.door.connections(), 0)
        },
        { ...ETCD_DOOR, pingMs: 20, pingTimeoutMs: 20 },
      ),
    )

    it(
      'closing waits for running streams, and cuts those that do not end',
      over(async (world) => {
        const session = world.peer()
        const [request, quick] = await world.request(session)
        const [, endless] = await world.request(session)
        const answer = answerOf(request)
        assert.equal(world.door.connections(), 1)
        const closed = world.door.close(100)
        quick.stream.sendAll(HEADERS, Buffer.from('last'), TRAILERS)
        assert.equal((await answer).body.toString(), 'last')
        await closed
        await endless.until(() => endless.why !== undefined)
        assert.equal(world.door.connections(), 0)
      }),
    )
  })
}
