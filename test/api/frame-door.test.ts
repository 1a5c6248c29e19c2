/** The frame loop behind the door port. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { type AddressInfo, createServer } from 'node:net'
import { it } from 'node:test'
import { ETCD_DOOR } from '../../src/api/door.ts'
import { FrameDoor } from '../../src/api/frame-door/frame-door.ts'
import { doorContract } from '../contracts/door.ts'

doorContract('frame loop', (options, open) => new FrameDoor(options, open))

/** HTTP/2's window for a stream, unless agreed otherwise. */
const WINDOW = 65_535

// grpc-go pings to measure the line, about once for each window of a long answer.
it('who pings while a long answer is under way is not told to calm down', async () => {
  const answer = Buffer.alloc(512 * 1024, 'x')
  const door = new FrameDoor(ETCD_DOOR, (stream) => {
    setImmediate(() => stream.sendAll({ ':status': '200' }, answer, { 'grpc-status': '0' }))
    return { data() {}, end() {}, drained() {}, gone() {} }
  })
  const server = createServer((socket) => door.accept(socket))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  let pings = 0
  try {
    const request = session.request({ ':method': 'POST', ':path': '/s/m' })
    let bytes = 0
    for await (const chunk of request) {
      bytes += chunk.length
      if (bytes >= (pings + 1) * WINDOW) session.ping(() => {}) && pings++
    }
    assert.equal(bytes, answer.length)
    assert.ok(pings > 3, `${pings} pings`)
  } finally {
    session.destroy()
    const stopped = once(server.close(), 'close')
    await door.close(0)
    await stopped
  }
})
