/** Which TCP connections a process has, as Linux tells: socket inodes of `/proc/PID/fd` found in `/proc/net/tcp`. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface TcpConnection {
  readonly localPort: number
  readonly remotePort: number
}

const ESTABLISHED = '01'

export function tcpConnections(pid: number): TcpConnection[] {
  const inodes = new Set(readdirSync(`/proc/${pid}/fd`).flatMap((fd) => inodeOf(pid, fd)))
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .split('\n')
      .slice(1)
      .flatMap((row) => {
        const [, local = '', remote = '', state, , , , , , inode = ''] = row.trim().split(/\s+/)
        if (state !== ESTABLISHED || !inodes.has(inode)) return []
        return [{ localPort: portOf(local), remotePort: portOf(remote) }]
      }),
  )
}

function inodeOf(pid: number, fd: string): string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.slice(1) ?? []
  } catch {
    // Closed since it was listed.
    return []
  }
}

const portOf = (address: string): number => Number.parseInt(address.split(':')[1] ?? '', 16)
