/** The HTTP port of a node, on its main thread. */

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface AdminServer {
  readonly port: number
  close(): Promise<void>
}

/** Port 0 takes any free one. Rejects with the error of `listen`. */
export function openAdminServer(
  host: string,
  port: number,
  pages: RequestListener,
): Promise<AdminServer> {
  const server = createServer(pages)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.removeListener('error', reject)
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            server.closeAllConnections()
          }),
      })
    })
  })
}
