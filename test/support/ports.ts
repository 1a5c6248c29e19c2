/** Ports that are free now, over TCP and UDP, told apart from those handed out before. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

const given = new Set<number>()

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = await freePort()
    if (port !== undefined) ports.push(port)
  }
  return ports
}

async function freePort(): Promise<number | undefined> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const at = server.address()
  const port = typeof at === 'object' && at !== null ? at.port : 0
  const isFree = !given.has(port) && (await isFreeForDatagrams(port))
  await once(server.close(), 'close')
  if (!isFree) return undefined
  given.add(port)
  return port
}

async function isFreeForDatagrams(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    await once(socket.bind({ port, address: '127.0.0.1', exclusive: true }), 'listening')
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}
