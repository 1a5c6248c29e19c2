/**
 * The UDP socket of a node and the DHT node on it: persistent, so that it is a bootstrapper for every
 * other member, and bound to exactly the configured port. The public DHT is never contacted.
 */

import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import DHT from 'hyperdht'
import { KEEP_ALIVE_MS } from './lane.ts'
import type { Dht, Endpoint } from './stack.ts'

export interface OpenEndpoint {
  readonly dht: Dht
  /** What was bound. */
  readonly address: Endpoint
}

const ANY = '0.0.0.0'

/** Fails with one sentence when the port is occupied or the host is not this machine's. */
export async function openEndpoint(
  host: string,
  port: number,
  bootstrap: readonly Endpoint[],
): Promise<OpenEndpoint> {
  try {
    const ip = (await lookup(host, { family: 4 })).address
    const address = { host: ip, port: await probe(ip, port) }
    return { dht: await openDht(address, bootstrap), address }
  } catch (error) {
    throw new Error(explain(error, host, port), { cause: error })
  }
}

async function openDht(address: Endpoint, bootstrap: readonly Endpoint[]): Promise<Dht> {
  const { host, port } = address
  const options = {
    bootstrap,
    host,
    ephemeral: false,
    firewalled: false,
    anyPort: false,
    connectionKeepAlive: KEEP_ALIVE_MS,
  }
  const dht = host === ANY ? new DHT({ ...options, port }) : DHT.bootstrapper(port, host, options)
  await dht.bind()
  return dht
}

function explain(error: unknown, host: string, port: number): string {
  const code = (error as { code?: string }).code ?? String(error)
  if (code === 'EADDRINUSE') {
    return `UDP port ${host}:${port} is taken by another process; end it, or set another links.port`
  }
  if (code === 'EADDRNOTAVAIL') {
    return `${host} is no address of this machine; set links.host to one that is`
  }
  if (code === 'ENOTFOUND') return `links.host ${host} is not known here; set an IPv4 address`
  return `cannot listen on UDP ${host}:${port} (${code})`
}

/**
 * The port, when nobody holds it; a free one for 0. Asked before the DHT binds, because a DHT node that
 * could not bind never lets go of the process.
 */
function probe(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.bind({ address: host, port, exclusive: true }, () => {
      const bound = socket.address().port
      socket.close(() => resolve(bound))
    })
  })
}

/** `host:port` as an endpoint. */
export function parseEndpoint(text: string): Endpoint {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) }
}

export const sameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.port === b.port && a.host === b.host

/** The same with an IP address; as it is when its name is not known (yet). */
export async function resolve(at: Endpoint): Promise<Endpoint> {
  try {
    return { host: (await lookup(at.host, { family: 4 })).address, port: at.port }
  } catch {
    return at
  }
}
