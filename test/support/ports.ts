/**
 * Ports for servers that must know them beforehand, and keep them when they start again: free now over
 * TCP and UDP, handed out once, and below those from which systems give outgoing connections theirs.
 */

import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

const HOST = '127.0.0.1'
const LOWEST = 15_000
const HIGHEST = 32_000
const given = new Set<number>()

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = randomInt(LOWEST, HIGHEST)
    if (given.has(port)) continue
    given.add(port)
    if ((await isFreeForStreams(port)) && (await isFreeForDatagrams(port))) ports.push(port)
  }
  return ports
}

async function isFreeForStreams(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, HOST), 'listening')
  } catch {
    return false
  }
  await once(server.close(), 'close')
  return true
}

async function isFreeForDatagrams(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    await once(socket.bind({ port, address: HOST, exclusive: true }), 'listening')
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}
