/** The client port in TLS: both protocols as in plain text, strangers kept out, new certificates taken up. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:https'
import { type AddressInfo, connect as connectPlain, createServer, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { TlsGate, type TlsIdentity } from '../../src/api/tls.ts'
import { connect } from '../../src/client/connect.ts'
import type { ClientTls } from '../../src/client/endpoints.ts'
import { textOf } from '../../src/client/shapes.ts'
import { TestCertificates } from '../support/certificates.ts'
import { type RunningDoor, runDoor } from '../support/running-door.ts'

let certificates: TestCertificates
let strangers: TestCertificates
before(async () => {
  certificates = await TestCertificates.make()
  strangers = await TestCertificates.make()
})
after(() => {
  certificates.remove()
  strangers.remove()
})

const runSecure = async (clientAuth: TlsIdentity['clientAuth']): Promise<RunningDoor> =>
  runDoor({ tls: { ...(await certificates.server()), ca: certificates.ca, clientAuth } })

/** A put and a get, by gRPC. */
async function roundTrip({ endpoint }: RunningDoor, tls: ClientTls): Promise<string> {
  const client = connect({ endpoints: [endpoint], tls, timeoutMs: 1500 })
  try {
    await client.kv.put('greeting', 'hello')
    const { kvs } = await client.kv.get('greeting')
    return kvs[0] === undefined ? '' : textOf(kvs[0].value)
  } finally {
    client.close()
  }
}

/** The body of a page, by HTTP/1.1. */
function page({ port }: RunningDoor, tls: ClientTls): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/', agent: false, ...tls }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve(body)).on('error', reject)
    }).on('error', reject)
  })
}

/** All that comes until the end, however it comes. */
async function heard(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => {})
  await once(socket, 'close')
  return text
}

describe('a client port in TLS', () => {
  let door: RunningDoor
  before(async () => {
    door = await runSecure('none')
  })
  after(() => door.close())

  it('answers gRPC and HTTP/1.1, each in its protocol', async () => {
    assert.equal(await roundTrip(door, { ca: certificates.ca }), 'hello')
    assert.equal(await page(door, { ca: certificates.ca }), 'a page\n')
  })

  it('agrees on h2 with who offers it alone, on http/1.1 with who offers both, and lets nobody guess', async () => {
    const agreed = async (ALPNProtocols: string[]): Promise<unknown> => {
      const { ca } = certificates
      const socket = connectTls({ host: '127.0.0.1', port: door.port, ca, ALPNProtocols })
      await once(socket, 'secureConnect')
      socket.destroy()
      return socket.alpnProtocol
    }
    assert.equal(await agreed(['h2']), 'h2')
    assert.equal(await agreed(['h2', 'http/1.1']), 'http/1.1')
    await assert.rejects(agreed(['spdy/3']), {
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    })
  })

  it('is not trusted by a client with another authority', async () => {
    await assert.rejects(roundTrip(door, { ca: strangers.ca }), /no connection/)
    await assert.rejects(page(door, { ca: strangers.ca }), {
      code: 'SELF_SIGNED_CERT_IN_CHAIN',
    })
  })

  it('tells plain HTTP to use https, and ends whatever else is no TLS', async () => {
    const http = connectPlain(door.port, '127.0.0.1')
    http.write('GET /health HTTP/1.1\r\nhost: here\r\n\r\n')
    assert.match(await heard(http), /^HTTP\/1\.1 400 .*This port speaks TLS: use https\.\n$/s)
    const grpc = connect({ endpoints: [`http://${door.endpoint}`], timeoutMs: 1500 })
    await assert.rejects(grpc.kv.get('x'), /no connection/)
    grpc.close()
    const broken = connectPlain(door.port, '127.0.0.1')
    broken.write(Buffer.from([0x16, 3, 1, 0, 4, 0xff, 0xff, 0xff, 0xff]))
    await heard(broken)
    assert.equal(await roundTrip(door, { ca: certificates.ca }), 'hello')
  })

  it('ends those who stop in the middle of the handshake when it closes, and does not wait for them', async () => {
    const closing = await runSecure('none')
    const silent = connectPlain(closing.port, '127.0.0.1')
    const halfway = connectPlain(closing.port, '127.0.0.1')
    halfway.write(Buffer.from([0x16, 3, 1, 2, 0]))
    const gone = Promise.all([heard(silent), heard(halfway)])
    assert.equal(await page(closing, { ca: certificates.ca }), 'a page\n')
    await closing.close()
    await gone
  })

  it('ends a handshake that does not come to its end in time', async () => {
    const gate = new TlsGate({
      identity: { ...(await certificates.server()), ca: undefined, clientAuth: 'none' },
      protocols: ['h2'],
      handshakeMs: 50,
      arrived: () => assert.fail('nobody has arrived'),
    })
    const server = createServer((socket) => gate.take(socket.on('error', () => {})))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const halfway = connectPlain((server.address() as AddressInfo).port, '127.0.0.1')
    halfway.write(Buffer.from([0x16, 3, 1, 2, 0]))
    await heard(halfway)
    await once(server.close(), 'close')
  })

  it('serves new certificates to connections to come, and leaves those that stand alone', async () => {
    const renewed = await runSecure('none')
    const { ca } = certificates
    const standing = connect({ endpoints: [renewed.endpoint], tls: { ca } })
    try {
      await standing.kv.put('greeting', 'hello')
      const other = await strangers.server()
      renewed.door.renew({ ...other, ca: strangers.ca, clientAuth: 'none' })
      assert.equal(await page(renewed, { ca: strangers.ca }), 'a page\n')
      await assert.rejects(page(renewed, { ca }), { code: 'SELF_SIGNED_CERT_IN_CHAIN' })
      assert.equal((await standing.kv.get('greeting')).kvs.length, 1)
    } finally {
      standing.close()
      await renewed.close()
    }
  })

  it('lets no client renegotiate', async () => {
    const { ca } = certificates
    const place = { host: '127.0.0.1', port: door.port }
    const socket: TLSSocket = connectTls({ ...place, ca, maxVersion: 'TLSv1.2' })
    await once(socket, 'secureConnect')
    socket.renegotiate({}, () => {})
    const [error] = await once(socket, 'error')
    assert.equal(error.code, 'ERR_SSL_NO_RENEGOTIATION')
    socket.destroy()
  })
})

describe('a client port that asks for certificates', () => {
  const own = async (from: TestCertificates): Promise<ClientTls> => ({
    ca: certificates.ca,
    ...(await from.client()),
  })

  it('required: lets in whom its authority signed, and nobody else', async () => {
    const door = await runSecure('required')
    try {
      assert.equal(await roundTrip(door, await own(certificates)), 'hello')
      assert.equal(await page(door, await own(certificates)), 'a page\n')
      for (const wrong of [{ ca: certificates.ca }, await own(strangers)]) {
        await assert.rejects(roundTrip(door, wrong))
        await assert.rejects(page(door, wrong))
      }
      assert.equal(await roundTrip(door, await own(certificates)), 'hello')
    } finally {
      await door.close()
    }
  })

  it('optional: lets in who shows none, but not one of a stranger', async () => {
    const door = await runSecure('optional')
    try {
      assert.equal(await roundTrip(door, { ca: certificates.ca }), 'hello')
      assert.equal(await roundTrip(door, await own(certificates)), 'hello')
      await assert.rejects(roundTrip(door, await own(strangers)))
      await assert.rejects(page(door, await own(strangers)))
    } finally {
      await door.close()
    }
  })
})
