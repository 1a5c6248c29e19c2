/** What Linux tells of other processes, for messages that name one. Elsewhere it tells nothing. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** When a process started, in the kernel's own unit; tells it from a later one with its number. */
export function processStart(pid: number): string | undefined {
  // The name in brackets may hold spaces; the start is the 20th field after it.
  const stat = readQuietly(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

export interface Holder {
  readonly pid: number
  readonly command: string
}

/** The process that listens on a TCP port of this machine, if it may be seen. */
export function listenerOn(port: number): Holder | undefined {
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)),
  )
  if (inodes.size === 0) return undefined
  for (const entry of readdirSync('/proc')) {
    if (/^\d+$/.test(entry) && ownsSocket(entry, inodes)) {
      const command = readQuietly(`/proc/${entry}/cmdline`)?.replaceAll('\0', ' ').trim() ?? ''
      return { pid: Number(entry), command: command.slice(0, 80) }
    }
  }
  return undefined
}

const LISTENING = '0A'

function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readQuietly(table)?.split('\n').slice(1) ?? []
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix) && columns[3] === LISTENING)
    .flatMap((columns) => columns[9] ?? [])
}

function ownsSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`)
      return target.startsWith('socket:[') && inodes.has(target.slice(8, -1))
    })
  } catch {
    // Another user's process, or one that ended meanwhile.
    return false
  }
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
