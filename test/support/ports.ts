/** Ports that are free now, told apart from those handed out before. */

import { once } from 'node:events'
import { createServer } from 'node:net'

const given = new Set<number>()

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')))
  const ports = servers.map((server) => {
    const at = server.address()
    return typeof at === 'object' && at !== null ? at.port : 0
  })
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  if (ports.some((port) => given.has(port))) return freePorts(count)
  for (const port of ports) given.add(port)
  return ports
}
