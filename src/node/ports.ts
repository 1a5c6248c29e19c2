/**
 * Claims a port before anything else is started: it is bound exclusively for a moment, so that an
 * occupied one is an error that names its holder, and two clusters never share one by `reusePort`.
 */

import { once } from 'node:events'
import { createServer } from 'node:net'
import { listenerOn } from './process-table.ts'
import { NodeRefused } from './refused.ts'

/** The port to listen on: the one asked for, or a free one for 0. Throws `NodeRefused`. */
export async function claimPort(purpose: string, host: string, port: number): Promise<number> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
  } catch (error) {
    throw new NodeRefused(explain(purpose, host, port, error))
  }
  const bound = server.address()
  server.close()
  await once(server, 'close')
  return typeof bound === 'object' && bound !== null ? bound.port : port
}

function explain(purpose: string, host: string, port: number, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  if (code !== 'EADDRINUSE') {
    return `${purpose}: cannot listen on ${host}:${port} (${code}); change its host or port`
  }
  const holder = listenerOn(port)
  const by = holder === undefined ? 'another process' : `process ${holder.pid} (${holder.command})`
  return `${purpose}: ${host}:${port} is in use by ${by}; stop it, or change the port`
}
