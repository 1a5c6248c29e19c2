/** Connections that have not said what they want: bounded in time and number, and none of their bytes lost. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { Anteroom, whenToldApart } from '../../src/api/anteroom.ts'

let server: Server
before(async () => {
  server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
after(() => server.close())

/** Both ends of a connection. */
async function pair(): Promise<{ readonly client: Socket; readonly socket: Socket }> {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [socket] = await once(server, 'connection')
  client.on('error', () => {})
  return { client, socket }
}

describe('the anteroom', () => {
  it('ends a connection that has not been let in by its time', async () => {
    const room = new Anteroom({ patienceMs: 20, places: 10 })
    const { socket } = await pair()
    room.enter(socket)
    await once(socket, 'close')
    assert.equal(room.size, 0)
  })

  it('has nothing to do with one that was let in', async () => {
    const room = new Anteroom({ patienceMs: 20, places: 1 })
    const first = await pair()
    room.enter(first.socket)
    room.leave(first.socket)
    const second = await pair()
    room.enter(second.socket)
    await once(second.socket, 'close')
    assert.equal(first.socket.destroyed, false)
    first.socket.destroy()
  })

  it('lets the one that has waited longest go when all places are taken', async () => {
    const room = new Anteroom({ patienceMs: 60_000, places: 2 })
    const [first, second, third] = [await pair(), await pair(), await pair()]
    for (const { socket } of [first, second, third]) room.enter(socket)
    assert.equal(room.size, 2)
    assert.deepEqual(
      [first, second, third].map(({ socket }) => socket.destroyed),
      [true, false, false],
    )
    const gone = [second, third].map(({ socket }) => once(socket, 'close'))
    room.clear()
    await Promise.all(gone)
    assert.equal(room.size, 0)
  })

  it('keeps no place for one that leaves by itself', async () => {
    const room = new Anteroom({ patienceMs: 60_000, places: 2 })
    const { client, socket } = await pair()
    room.enter(socket)
    const gone = once(socket, 'close')
    socket.resume()
    client.destroy()
    await gone
    assert.equal(room.size, 0)
  })
})

it('bytes tell when there are enough of them, and are all still there', async () => {
  const { client, socket } = await pair()
  const told = new Promise<string>((resolve) => {
    whenToldApart(socket, (begun) => (begun.length < 3 ? undefined : begun.toString()), resolve)
  })
  client.write('ab')
  await once(socket, 'readable')
  client.write('cd')
  const kind = await told
  assert.ok(kind.startsWith('abc'))
  const [chunk] = await once(socket, 'data')
  assert.equal(String(chunk), kind)
  client.destroy()
})
