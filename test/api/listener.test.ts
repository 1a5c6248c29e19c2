/** A port lets go of all who stand at it when it closes, whatever they are in the middle of. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { it } from 'node:test'
import { Listener } from '../../src/api/listener.ts'

it('a closing port ends visitors between two requests, in one, and before the first', async () => {
  const parts = { host: '127.0.0.1', port: 0, reusePort: false, tls: undefined }
  const listener = await Listener.open({ ...parts, pages: (_, response) => response.end('a page') })
  const visit = async (text: string): Promise<Socket> => {
    const socket = connect(listener.port, '127.0.0.1')
    socket.on('error', () => {}).write(text)
    return socket
  }
  const idle = await visit('GET / HTTP/1.1\r\nhost: here\r\n\r\n')
  assert.match(String((await once(idle, 'data'))[0]), /a page/)
  const others = [await visit('GET / HTTP/1.1\r\nho'), await visit('')]
  await Promise.all(others.map((socket) => once(socket, 'connect')))
  const ends = [idle, ...others].map(
    (socket) => new Promise((resolve) => socket.resume().on('close', resolve)),
  )
  await listener.close(0)
  await Promise.all(ends)
})
